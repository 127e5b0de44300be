-- The sign of % follows the divisor.
local a, b, c = 0, 0, 0
for i = -100, 100 do
  a = a + i % 7
  b = b + i % -7
  c = c + i % 2.5
end
print(a, b, c)
