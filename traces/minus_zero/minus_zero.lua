-- -0 equals 0 and divides differently.
local zero, plus, minus = 0, 0, 0
for i = 1, 200 do
  local z = zero * (i % 2 == 0 and 1 or -1)
  if 1 / z > 0 then plus = plus + 1 else minus = minus + 1 end
end
print(plus, minus, -0 == 0)
