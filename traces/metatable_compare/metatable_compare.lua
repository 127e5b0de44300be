local V = {}
V.__lt = function(a, b) return a.v < b.v end
V.__le = function(a, b) return a.v <= b.v end
V.__eq = function(a, b) return a.v == b.v end
local function new(v) return setmetatable({v = v}, V) end
local a, b, n = new(50), new(0), 0
for i = 1, 100 do
  b.v = i
  if b < a then n = n + 1 end
  if b <= a then n = n + 1 end
  if b == a then n = n + 1 end
end
print(n)
