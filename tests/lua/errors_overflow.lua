-- Recursion without end is an error that pcall catches, wherever it comes from; then the stack is usable again.
local function fails(f, ...)
  local ok, m = pcall(f, ...)
  print(ok, (tostring(m):gsub("[%w_]+%.lua:%d+: ", "")))
end
local function rec(n) return 1 + rec(n + 1) end
fails(rec, 1)
local function wide() local a, b, c, d, e = 1, 2, 3, 4, 5; wide() return a end
fails(wide)
print(xpcall(wide, function(m) return "handled " .. tostring(m):match("stack overflow") end))
print(xpcall(wide, function(m) wide() return "never" end))
fails(wide)
local mt = {}
local t = setmetatable({}, mt)
mt.__index = function(t, k) return t[k .. "x"] end
fails(function() return t.a end)
mt.__newindex = function(t, k, v) t[k + 1] = v end
fails(function() t[1] = 1 end)
mt.__add = function(a, b) return a + b end
fails(function() return t + 1 end)
mt.__unm = function(a) return -a end
fails(function() return -t end)
mt.__eq = function(a, b) return a == setmetatable({}, mt) end
fails(function() return t == setmetatable({}, mt) end)
mt.__lt = function(a, b) return a < b end
fails(function() return t < t end)
fails(function() return t <= t end)
mt.__call = function(self, n) return self(n + 1) + 1 end
fails(t, 1)
mt.__concat = function(a, b) return a .. b end
fails(function() return t .. "x" end)
mt.__tostring = function(a) return (tostring(a)) end
fails(tostring, t)
fails(coroutine.wrap(function() return rec(1) end))
local function iter() for x in iter do end end
fails(iter)
local function nested() return 1 + coroutine.wrap(function() return rec(1) end)() end
fails(nested)

-- Deep, but not too deep.
local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
print(down(10000))
local function count(...) if select("#", ...) == 200 then return 200 end return count(1, ...) end
print(count())
local function tail(n) if n > 0 then return tail(n - 1) end return "tail" end
print(tail(200000))
local function many(n) if n == 0 then return end return n, many(n - 1) end
print(select("#", many(200)))
print(pcall(unpack, {}, 1, 1e7))
print(select("#", unpack({}, 1, 7000)))
local function protected(n) if n == 0 then error("bottom", 0) end return select(2, pcall(protected, n - 1)) end
print(protected(1000))
