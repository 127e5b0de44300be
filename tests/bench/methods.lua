-- Metamethods: operators of vectors, inherited methods, proxies, callable and comparable objects.
local rounds = tonumber((...)) or 100
local Vector = {}
Vector.__index = Vector
local function vector(x, y) return setmetatable({ x = x, y = y }, Vector) end
Vector.__add = function(a, b) return vector(a.x + b.x, a.y + b.y) end
Vector.__mul = function(a, k) return vector(a.x * k, a.y * k) end
Vector.__unm = function(a) return vector(-a.x, -a.y) end
Vector.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Vector.__lt = function(a, b) return a.x < b.x end
Vector.__le = function(a, b) return a.x <= b.x end
Vector.__call = function(a, dx) return a.x + dx end
Vector.__concat = function(a, b) return "v" end
function Vector:dot(other) return self.x * other.x + self.y * other.y end
local Derived = setmetatable({}, { __index = Vector })
Derived.__index = Derived
local More = setmetatable({}, { __index = Derived })
More.__index = More

local log = 0
local proxy = setmetatable({}, {
  __index = function(_, key) return key * 2 end,
  __newindex = function(_, key, value) log = log + value - key end,
})
local total = 0
for round = 1, rounds do
  local at, step = vector(0, 0), vector(1, 2)
  for i = 1, 500 do
    at = at + step * i + -step
    if at == step then total = total + 1 end
    if step < at and step <= at then total = total + at(1) end
    if at .. step == "v" then total = total + 1 end
  end
  total = total + at:dot(step)
  local object = setmetatable({ x = 1, y = 2 }, More)
  for i = 1, 1000 do total = total + object:dot(step) end
  for i = 1, 1000 do proxy[i] = proxy[i] end
end
print(total, log)
