-- Hooks of calls, returns and lines; counts are in tests/lib, because luajit's depend on what it compiles.
local log = {}
local function f(a, b)
  local x = a
  return x
end
debug.sethook(function(e, l) log[#log+1] = e .. ":" .. tostring(l) end, "crl")
f(1)
for i = 1, 3 do
  f(i)
end
local s = string.rep("x", 2)
debug.sethook()
print(table.concat(log, " "))
print(debug.gethook())
log = {}
debug.sethook(function(e)
local i = debug.getinfo(2, "nSlf") log[#log+1] = tostring(i.name) .. i.what .. i.currentline end, "c")
f(1) f(2)
print("x")
local q = pcall(f, 1)
debug.sethook()
print(table.concat(log, " "))
-- error in hook
local function bad()
debug.sethook() error("hooked") end
local ok, err = pcall(function()
debug.sethook(bad, "l")
  local a = 1
end)
debug.sethook()
print(ok, err)
local function p(a, b) end
debug.sethook(function()
print(debug.getlocal(2, 1))
print(debug.getlocal(2, 2))
print(debug.getlocal(2, 3)) end, "c")
p(1)
debug.sethook()
local hk = function() end
debug.sethook(hk, "lr", 5)
local a, b, c = debug.gethook()
print(a == hk, b, c)
debug.sethook(hk, "")
print(debug.gethook() == hk)
debug.sethook()
print(pcall(debug.sethook, 1))
print(pcall(debug.sethook, 1, "c"))
