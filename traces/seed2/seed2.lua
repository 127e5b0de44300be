-- Four traces: the loop, and a side trace for each branch, each going on in the next.

local i
local x = 0
local y = 0
local z = 0

for i = 1,1000 do
    if i > 100 then
        x = x + 1
    end
    if i > 200 then
        y = y + 1
    end
    if i > 300 then
        z = z + 1
    end
end

print(x, y, z)
