-- Binary trees: short lived ones of growing depth beside one that stays.
local n = tonumber((...)) or 14
local function bottomup(depth)
  if depth == 0 then return {} end
  return { bottomup(depth - 1), bottomup(depth - 1) }
end
local function check(tree)
  if tree[1] then return 1 + check(tree[1]) + check(tree[2]) end
  return 1
end
local long, total = bottomup(n), 0
for depth = 4, n, 2 do
  for i = 1, 2 ^ (n - depth + 4) do total = total + check(bottomup(depth)) end
end
print(total, check(long))
