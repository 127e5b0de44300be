-- Work for the collector: long lived trees, short lived lists, weak tables, dead strings and closures.
local rounds = tonumber((...)) or 5
local total = 0
local function tree(depth)
  if depth == 0 then return { value = depth } end
  return { left = tree(depth - 1), right = tree(depth - 1) }
end
local function depth(node)
  if node.value then return 0 end
  return 1 + depth(node.left)
end

local kept, cache = tree(14), setmetatable({}, { __mode = "k" })
for round = 1, rounds do
  for i = 1, 200 do
    local list
    for j = 1, 100 do list = { next = list, value = j } end
    while list do total = total + list.value; list = list.next end
  end
  for i = 1, 2000 do
    local key = { i }
    cache[key] = { i, i + 1 }
    total = total + cache[key][2]
  end
  for i = 1, 2000 do
    local text = "text" .. i * round
    local get = function() return #text end
    total = total + get()
  end
  total = total + depth(tree(10)) + depth(kept)
  for i = 1, 20 do
    local big = {}
    for j = 1, 500 do big[j] = j end
    total = total + #big
  end
end
print(total)
