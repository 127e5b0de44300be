-- Reads and writes of the array part: bounds checks leave the loop.
local t = {}
for i = 1, 200 do t[i] = i end
local sum = 0
for i = 1, 200 do sum = sum + t[i] end
for i = 2, 200 do t[i] = t[i - 1] + 1 end
print(sum, t[200])
