-- pcall, xpcall and error: values, levels, handlers that fail.
local function show(...) print(select("#", ...), ...) end
show(pcall(error)) show(pcall(error, nil)) show(pcall(error, "x", 0)) show(pcall(error, "x"))
show(pcall(function() error("m") end)) show(pcall(function() error("m", 2) end)) show(pcall(function() error("m", 3) end))
show(pcall(function() error(12) end)) show(pcall(function() error(12, 2) end)) show(pcall(function() error(true) end))
show(pcall(pcall)) show(pcall(pcall, error)) show(pcall(xpcall)) show(pcall(xpcall, print)) show(pcall(5)) show(pcall(nil))
show(xpcall(function(...) return ... end, print, 1, 2, nil))
show(xpcall(function() error("x", 0) end, function(m) return m .. "!", 2 end))
show(xpcall(function() local x = nil; return x.y end, function(m) return "H:" .. m end))
show(xpcall(error, function(m) return "H", m end, "z"))
show(xpcall(function() error("a", 0) end, function(m) error("b", 0) end))
show(xpcall(function() error("a", 0) end, function(m) error(m, 0) end))
show(xpcall(function() error("a", 0) end, function(m) return m.x.y end))
show(pcall(xpcall, function() error("a", 0) end, 5))
show(xpcall(function() error("a", 0) end, function(m) return pcall(error, "in") end))
show(xpcall(function() error("a", 0) end, function(m) return select(2, pcall(error, "in", 0)) end))
show(xpcall(5, function(m) return "H:" .. m end))
show(xpcall(function() pcall(error, "x") error("outer", 0) end, function(m) return "H:" .. m end))
show(xpcall(function() return pcall(error, "x", 0) end, function(m) return "H:" .. m end))
show(xpcall(function() return xpcall(error, function(m) return "inner " .. m end, "x") end, function(m) return "H:" .. m end))
show(xpcall(function() xpcall(error, function(m) error("again", 0) end, "x") error("y", 0) end, function(m) return "H:" .. tostring(m) end))
-- errors with levels
local function lvl(n) error("lv", n) end
local function caller(n) lvl(n) end
for n = 0, 5 do show(pcall(caller, n)) end
show(pcall(function() local function f() error("tail", 2) end return f() end))
print(pcall(assert, false)) print(pcall(assert, nil, "msg")) print(pcall(assert)) print(assert(1, 2, 3))
-- A message handler that fails, with whatever value.
for _, value in ipairs{"x", 1, false} do print(xpcall(function() error(value) end, function(m) error(m) end)) end
print(xpcall(function() error(nil) end, function(m) error(m) end))
print(xpcall(function() error() end, function() error() end))
