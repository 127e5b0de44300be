-- goto as continue.
local sum = 0
for i = 1, 300 do
  if i % 3 == 0 then goto continue end
  sum = sum + i
  ::continue::
end
print(sum)
