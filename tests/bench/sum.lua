-- Sum of integers: the smallest loop there is.
local n = tonumber((...)) or 1000000000
local sum = 0
for i = 1, n do sum = sum + i end
print(sum)
