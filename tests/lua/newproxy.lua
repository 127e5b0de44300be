-- Userdata made by newproxy, and what a call of something that cannot be called says.
local p, q = newproxy(), newproxy(true)
print(type(p), type(q), getmetatable(p), type(getmetatable(q)), p == q, p == p)
local mt = getmetatable(q)
mt.__index = function(self, key) return key .. "!" end
mt.__len = function() return 42 end
mt.__call = function(self, ...) return select("#", ...), ... end
mt.__tostring = function() return "a proxy" end
mt.__concat = function(a, b) return "joined" end
mt.__eq = function() return true end
mt.__lt = function() return true end
mt.__newindex = function(self, key, value) rawset(mt, key, value) end
mt.__unm = function() return "negated" end
print(q.field, #q, q(1, nil, 3), tostring(q), q .. "x", 1 .. q, -q)
q.stored = 5
print(mt.stored)
local r = newproxy(q)
print(getmetatable(r) == mt, r == q, r ~= q, r < q, r.x)
print(pcall(newproxy, p))
print(pcall(newproxy, 1))
print(pcall(newproxy, {}))
print(pcall(newproxy, io.stdout))
print(newproxy(false) ~= nil, newproxy(nil) ~= nil)
print(pcall(function() return p.x end))
print(pcall(function() p.x = 1 end))
print(pcall(function() return p() end))
local t = {[p] = 1, [q] = 2}
print(t[p], t[q], t[r])
print(rawequal(q, r), rawequal(q, q))
local odd = setmetatable({}, {__tostring = ""})
print(pcall(function() local s = tostring(odd) end))
print(pcall(tostring, odd))
