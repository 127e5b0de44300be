-- math.floor spelled out: the table and the function are checked, and hoisted.
local sum = 0
for i = 1, 200 do sum = sum + math.floor(i / 2) end
print(sum)
