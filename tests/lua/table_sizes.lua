-- Sizes of array parts show in the border that # finds.
local function list(...) return {...} end
local a = {1, 2, 3, 4, 5, 6, nil, 8}
for n = 1, 14 do
  local t, u, v = {unpack(a, 1, n)}, {"first", unpack(a, 1, n)}, {x = 1, unpack(a, 1, n)}
  print(n, #t, #u, #v, #list(unpack(a, 2, n)))
end
-- What is not a table cannot be traversed, and ipairs says so.
for _, value in ipairs({1, "x", true}) do
  print(pcall(ipairs, value))
  print(pcall(function() for i in ipairs(value) do print(i) end end))
end
print(pcall(ipairs))
