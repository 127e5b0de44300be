-- Functions with instructions of their own.
local sqrt, abs, floor, ceil = math.sqrt, math.abs, math.floor, math.ceil
local sum = 0
for i = -100, 100 do
  sum = sum + floor(sqrt(abs(i))) + ceil(i / 4)
end
print(sum)
