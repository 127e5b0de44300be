-- Negation of integers and numbers, and of zero.
local sum, x = 0, 0.5
for i = 1, 200 do
  x = -x
  sum = sum + -i + x
end
print(sum, x)
