-- What cannot be compiled is tried a few times and then left alone.
local last
for i = 1, 3000 do last = string.rep("x", i % 3) .. select('#', string.byte("abc", 1, 3)) end
print(last)
