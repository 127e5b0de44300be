-- Integers that leave the range of 32 bits: the guard exits, a side trace goes on with numbers.
local x = 2147483000
for i = 1, 1000 do x = x + 7 end
local y = -2147483000
for i = 1, 1000 do y = y - 7 end
local f = 1
for i = 1, 100 do f = f * 3 end
print(x, y, f)
