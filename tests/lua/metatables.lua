-- setmetatable, getmetatable, __metatable, __tostring, raw access.
local mt = {__metatable = "locked"}
local t = setmetatable({}, mt)
print(getmetatable(t), pcall(setmetatable, t, {}))
print(getmetatable("x").__index == string, getmetatable(1), getmetatable({}), getmetatable(print))
print(pcall(setmetatable, 1, {}))
print(pcall(setmetatable, {}))
print(pcall(setmetatable, {}, 1))
local u = {}
print(setmetatable(u, mt) == u, setmetatable({}, nil) ~= nil)
print(tostring(setmetatable({}, {__tostring = function() return "text" end})))
print(tostring(setmetatable({}, {__tostring = function() return 12 end})))
print(pcall(tostring, setmetatable({}, {__tostring = function() error("inside", 0) end})))
print(pcall(tostring))
local r = setmetatable({}, {__index = function() return 1 end, __newindex = error, __eq = function() return true end})
print(rawget(r, "x"), rawset(r, "x", 2) == r, r.x, rawequal(r, setmetatable({}, getmetatable(r))))
print(rawlen)

-- Metatables while iterating, and in loops that become traces.
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:add(o) return Point.new(self.x + o.x, self.y + o.y) end
Point.__add = Point.add
Point.__eq = function(a, b) return a.x == b.x and a.y == b.y end
Point.__lt = function(a, b) return a.x < b.x end
Point.__le = function(a, b) return a.x <= b.x end
Point.__unm = function(a) return Point.new(-a.x, -a.y) end
Point.__concat = function(a, b) return "P" .. (type(a) == "table" and a.x or a) end
Point.__call = function(self, dx) return self.x + dx end
local s, less, same = Point.new(0, 0), 0, 0
for i = 1, 200 do
  local q = Point.new(i, -i)
  s = s + q
  s = s:add(-q):add(q)
  if q < s then less = less + 1 end
  if q <= s then less = less + 1 end
  if q == s then same = same + 1 end
  if q ~= s then same = same + 1 end
  if not (q > s) then less = less + q(1) end
end
print(s.x, s.y, less, same)
local joined = 0
for i = 1, 100 do joined = joined + #(Point.new(i, 0) .. "x" .. i) + #("a" .. i .. Point.new(1, 2) .. "b") end
print(joined)

-- Default values, proxies and counters in hot loops.
local counts = setmetatable({}, {__index = function() return 0 end})
for i = 1, 300 do counts[i % 7] = counts[i % 7] + 1 end
for i = 0, 6 do io.write(counts[i], " ") end print()
local writes = 0
local store = {}
local proxy = setmetatable({}, {__index = store, __newindex = function(_, k, v) writes = writes + 1 store[k] = v end})
for i = 1, 200 do proxy["k" .. i % 5] = i end
print(writes, proxy.k0, proxy.k4)
local Base = {} Base.__index = Base
function Base:name() return "base" end
local Derived = setmetatable({}, {__index = Base}) Derived.__index = Derived
local Leaf = setmetatable({}, {__index = Derived}) Leaf.__index = Leaf
local obj, n = setmetatable({}, Leaf), 0
for i = 1, 200 do
  if i == 120 then function Derived:name() return "derived!" end end
  n = n + #obj:name()
end
print(n)
