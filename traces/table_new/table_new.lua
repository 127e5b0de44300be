-- A table built in every iteration; what is not seen outside need not be made.
local sum = 0
for i = 1, 200 do
  local point = {i, i + 1}
  sum = sum + point[1] * point[2]
end
print(sum)
