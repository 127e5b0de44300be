-- A numeric string in arithmetic.
local sum = 0
for i = 1, 200 do sum = sum + "10" + i end
print(sum)
