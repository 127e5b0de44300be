-- and, or, not as values and as conditions.
local a, b, c = 0, 0, 0
for i = 1, 200 do
  local even = i % 2 == 0
  local v = even and i or -1
  if not even and i > 50 or i == 2 then a = a + 1 end
  b = b + v
  c = c + (nil or false or 1)
end
print(a, b, c)
