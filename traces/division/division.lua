-- Division is always of numbers; floor makes integers again.
local floor = math.floor
local q, h = 0, 0
for i = 1, 200 do
  q = q + floor(i / 3)
  h = h + i / 2
end
print(q, h)
