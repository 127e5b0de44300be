-- Minimum and maximum of integers and of numbers.
local min, max = math.min, math.max
local low, high = 1000, -1000
for i = 1, 200 do
  local x = (i * 37) % 101
  low = min(low, x)
  high = max(high, x, 50)
end
print(low, high)
