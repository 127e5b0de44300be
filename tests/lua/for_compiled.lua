-- Numeric loops long enough to be compiled, entered and left in all ways.
local function sum(first, last, step)
  local s, n = 0, 0
  for i = first, last, step do s = s + i; n = n + 1 end
  return s, n
end
for k = 1, 3 do
  print(sum(1, 300, 1)) print(sum(300, 1, -1)) print(sum(1, 300, 7)) print(sum(0, 30, 0.1))
  print(sum(300, 1, 1)) print(sum(1, 1, 1)) print(sum(-150, 150, 1)) print(sum(2147483500, 2147483700, 1))
  print(sum(1.5, 200, 1)) print(sum(200, 0.5, -1.5))
end
local function find(limit, want)
  for i = 1, limit do if i == want then return i end end
  return nil
end
for k = 1, 200, 40 do print(find(200, k), find(k, 200)) end
local out = 0
for i = 1, 300 do
  if i % 100 == 0 then out = out + i end
  for j = i, i + i % 3 do out = out + 1 end
end
print(out)
for n = 0, 3 do
  local c = 0
  for i = 1, 100 do for j = 1, n do c = c + 1 end end
  print(n, c)
end
