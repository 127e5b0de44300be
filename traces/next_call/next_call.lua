-- next called as a function.
local t, n = {1, 2, 3, x = 4}, 0
for i = 1, 100 do
  local k, v = next(t)
  n = n + k * v
end
print(n, next({}))
