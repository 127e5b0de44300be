-- Steps other than one, upwards and downwards.
local up, down = 0, 0
for i = 1, 300, 3 do up = up + i end
for i = 300, 1, -2 do down = down + i end
print(up, down)
