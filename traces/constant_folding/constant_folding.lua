-- What the optimiser computes itself.
local x = 0
for i = 1, 100 do
  local two = 2
  x = x + two * 3 - 6 + i * 1 + (i - i)
end
print(x)
