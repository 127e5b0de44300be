-- Recursion to a depth known at compile time, in the middle of a hot loop.
local function power(x, n)
  if n == 0 then return 1 end
  return x * power(x, n - 1)
end
local sum = 0
for i = 1, 100 do sum = sum + power(i, 3) end
print(sum)
