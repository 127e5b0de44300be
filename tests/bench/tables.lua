-- Tables: filled, grown, searched, traversed, sorted, as arrays, records and dictionaries.
local rounds = tonumber((...)) or 20
local total = 0
local insert, remove, sort = table.insert, table.remove, table.sort
local words = {}
for i = 1, 200 do words[i] = "word" .. i end

local function dictionary()
  local seen = {}
  for i = 1, 2000 do
    local word = words[i * 7 % 200 + 1]
    seen[word] = (seen[word] or 0) + 1
  end
  for word, count in pairs(seen) do total = total + count * #word end
  for _, word in ipairs(words) do seen[word] = nil end
  if next(seen) == nil then total = total + 1 end
end

local function array()
  local list = {}
  for i = 1, 2000 do list[i] = i * 37 % 1009 end
  sort(list)
  for i = 2, 2000 do if list[i - 1] > list[i] then error("not sorted") end end
  sort(list, function(a, b) return a > b end)
  for i, value in ipairs(list) do total = total + i * value end
end

local function queue()
  local list = {}
  for i = 1, 1000 do insert(list, i) end
  for i = 1, 50 do insert(list, 1, i); total = total + remove(list, 10) end
  for i = 1, 1000 do total = total + remove(list) end
end

local function records()
  local last
  for i = 1, 1000 do
    local point = { x = i, y = i + 1, z = i + 2 }
    point.next = last
    point.name = "point"
    last = point
  end
  while last do
    total = total + last.x * last.y - last.z
    last = last.next
  end
end

local function sparse()
  local grid = {}
  for i = 1, 1000 do grid[i * 1000] = i; grid[i + 0.5] = i end
  for i = 1, 1000 do total = total + grid[i * 1000] + grid[i + 0.5] end
end

for round = 1, rounds do
  dictionary()
  array()
  queue()
  records()
  sparse()
end
print(total)
