-- assert passes its arguments through.
local sum = 0
for i = 1, 200 do sum = sum + assert(i, "never") end
print(sum)
