local V = {}
V.__add = function(a, b) return a.v + b end
V.__unm = function(a) return -a.v end
V.__concat = function(a, b) return "c" end
V.__call = function(self, x) return self.v + x end
local t = setmetatable({v = 2}, V)
local s = 0
for i = 1, 100 do s = s + (t + i) + -t + t(i) end
print(s)
