local Point = {}
Point.__index = Point
local function new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:add(o) return new(self.x + o.x, self.y + o.y) end
local p, d = new(0, 0), new(1, 2)
for i = 1, 100 do p = p:add(d) end
print(p.x, p.y)
