-- Every event of a metatable, on tables.
local V = {}
V.__index = V
local function new(x) return setmetatable({x = x}, V) end
local function val(v) return type(v) == "table" and v.x or v end
for _, op in ipairs{"add", "sub", "mul", "div", "mod", "pow"} do
  V["__" .. op] = function(a, b) return op .. "(" .. tostring(val(a)) .. "," .. tostring(val(b)) .. ")" end
end
V.__unm = function(a, b) return "unm " .. a.x .. tostring(rawequal(a, b)) end
V.__concat = function(a, b) return "<" .. tostring(val(a)) .. "," .. tostring(val(b)) .. ">" end
V.__eq = function(a, b) return a.x == b.x end
V.__lt = function(a, b) return val(a) < val(b) end
V.__call = function(self, ...) return self.x, select("#", ...), ... end
V.__tostring = function(self) return "V(" .. self.x .. ")" end
V.__len = function() return 42 end
function V:get() return self.x end

local a, b = new(1), new(2)
print(a + b, a - 3, 3 * a, a / 4, 5 % a, a ^ b, -a)
print("7" + a, a + "7", 1 + a, a - 1.5)
print(a .. b, a .. "s" .. b .. "t", 1 .. a, a .. 1, "x" .. "y" .. a .. "z" .. "w")
print("p" .. 1 .. 2 .. a .. b .. 3 .. 4)
print(a == b, a == new(1), a ~= b, a ~= new(1), rawequal(a, new(1)))
print(a < b, a <= b, a > b, a >= b, b < a, a <= a)
print(a(3, nil), (a(5)), a())
print(#a, tostring(a), a:get(), a.missing)
local function tail(...) return a(...) end
print(tail(1, 2, 3))
print(pcall(a, 9))
print(select(2, pcall(function() return a + nil end)))

-- __le wins over __lt; without it the order is turned round.
V.__le = function(x, y) print("le") return true end
print(b <= a, a >= b)
V.__le = nil
print(b <= a, a >= b)

-- __index and __newindex: functions and chains.
local log = {}
local p = setmetatable({}, {
  __index = function(t, k) return tostring(k) .. "!" end,
  __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v and v * 2) end,
})
print(p.foo, p[1], p[1.5], p[true])
p.z = 4 p.z = 5 p[1] = 3
print(p.z, p[1], #log)
local base = {kind = "base"}
local mid = setmetatable({level = 2}, {__index = base, __newindex = base})
local top = setmetatable({}, {__index = mid, __newindex = mid})
top.new = 1
print(top.kind, top.level, rawget(top, "new"), rawget(mid, "new"), base.new)
top.level = 7
print(rawget(top, "level"), mid.level)

-- A metamethod that is a callable table.
local callable = setmetatable({}, {__call = function(self, x, y) return "called", x, y end})
local c = setmetatable({}, {__add = callable, __index = function() return callable end})
print((c + 1) == nil, c + 1, c.any("arg"))

-- The cache of absent metamethods forgets.
local mt = {}
local t = setmetatable({}, mt)
print(t.x, t == setmetatable({}, mt))
mt.__index = {x = "found"}
print(t.x)
mt.__eq = function() return true end
print(t == setmetatable({}, mt))
mt.__index = nil
print(t.x)
rawset(mt, "__index", {x = "again"})
print(t.x)

-- Errors.
local function fails(f, ...) print(select(2, pcall(f, ...))) end
fails(function() return a < 1 end)
fails(function() return {} < {} end)
fails(function() return a < "x" end)
fails(function() return {} .. 1 end)
fails(function() local u; return "a" .. u end)
fails(function() local u; return u .. "a" end)
fails(function() return {} + 1 end)
fails(function() return -{} end)
fails(function() return #5 end)
local loop = setmetatable({}, {})
getmetatable(loop).__index = loop
getmetatable(loop).__newindex = loop
fails(function() return loop.x end)
fails(function() loop.x = 1 end)
fails(function() setmetatable({}, {__index = 5}).x = 1 return setmetatable({}, {__index = 5}).x end)
fails(function() return setmetatable({}, {__call = 5})() end)
fails(function() return setmetatable({}, {__add = {}}) + 1 end)
fails(function() local x = new(1); return x.y.z end)
print(("x"):rep(3), ("abc"):len(), #"abc", ("x").foo)
fails(function() return ("x").y.z end)
fails(function() ("x").y = 1 end)
