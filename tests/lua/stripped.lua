-- Functions without debug information: their name, lines, variables and hooks.
local f = assert(load(string.dump(loadstring([[
local a, b = ...
local function g(x) error("e") end
local ok, e = pcall(g, 1)
local i = debug.getinfo(1, "lnu")
local t = {}
for k, v in pairs(i) do t[#t+1] = k .. "=" .. tostring(v) end
table.sort(t)
print(ok, e, table.concat(t, " "))
print(debug.getlocal(1, 1), debug.getlocal(1, 2))
print(pcall(function() return a.x.y end))
print((debug.traceback("here"):gsub("0x%x+", "address")))
print(next(debug.getinfo(1, "L").activelines or {}), debug.getupvalue(g, 1))
return function() return a end
]], "@name.lua"), true)))
local r = f(1, 2)
print(debug.getupvalue(r, 1))
debug.sethook(function(e, l) io.write(e, ":", tostring(l), " ") end, "l")
r()
debug.sethook()
print(("%q"):format(debug.getinfo(r, "S").source), debug.getinfo(r, "S").short_src, #debug.getinfo(r, "S").source)
print(pcall(load("error('x')", "=a\0b")))
