-- debug on coroutines, hooks in them, names of metamethods, arguments that are wrong.
local function tb(...) local s = debug.traceback(...) return type(s) == "string" and s:gsub("%[C%]: at 0x%x+", "[C]: at") or s end
local function inner(x, ...) local y = x * 2 coroutine.yield(y) error("in co") end
local function outer(a) local b = "loc" inner(a, 5, 6) return b end
local co = coroutine.create(outer)
print(tb(co))
print(debug.getinfo(co, 0), debug.getinfo(co, 1))
print(pcall(debug.getlocal, co, 0, 1))
coroutine.resume(co, 21)
print(tb(co))
print(tb(co, "msg"))
print(tb(co, nil))
print(tb(co, "m", 1))
print(tb(co, "m", 5))
print(tb(co, {}) ~= nil)
for l = 0, 3 do local i = debug.getinfo(co, l, "nSlu") if i then print(l, i.name, i.namewhat, i.what, i.currentline, i.linedefined, i.short_src, i.nups) for n = -3, l == 0 and 0 or 4 do print(l, n, debug.getlocal(co, l, n)) end else print(l, nil) end end
print(debug.setlocal(co, 2, 1, "changed"), debug.getlocal(co, 2, 1))
print(coroutine.resume(co))
print(tb(co))
print(coroutine.status(co))
for l = 0, 3 do local i = debug.getinfo(co, l, "nSl") if i then print(l, i.name, i.what, i.currentline) end end
-- hooks in coroutines
local log = {}
local function hook(e, l) log[#log + 1] = e:sub(1, 1) .. (l or "") end
local co2 = coroutine.create(function() local x = 1
  coroutine.yield(x)
  x = 2
  return x end)
debug.sethook(hook, "lcr")
coroutine.resume(co2)
coroutine.resume(co2)
debug.sethook()
print(table.concat(log, " "))
print(debug.gethook(co2))
-- hook that yields an error through pcall
local n = 0
local function stopper() n = n + 1 if n == 3 then debug.sethook() error("stop", 0) end end
local ok, e = pcall(function()
debug.sethook(stopper, "l")
  local a = 1
  local b = 2
  local c = 3
  local d = 4
end)
debug.sethook()
print(ok, e)
-- metamethod names
local mt = {__add = function(a, b) return debug.getinfo(1, "n").name, debug.getinfo(1, "n").namewhat end, __index = function(t, k) return debug.getinfo(1, "n").name .. debug.getinfo(2, "l").currentline end, __lt = function()
print(debug.traceback("lt"):gsub("%[C%]: at 0x%x+", "")) return true end}
local o = setmetatable({}, mt)
print(o + 1, o.foo, o < o)
for k in (function() return debug.getinfo(1, "n").name end) do print(k) break end
local t = {m = function(self) return debug.getinfo(1, "n") end} local i = t:m()
print(i.name, i.namewhat)
local i = t.m()
print(i.name, i.namewhat)
function glob() return debug.getinfo(1, "n") end local i = glob()
print(i.name, i.namewhat)
print((function()
local i = debug.getinfo(1, "n") return i.name, i.namewhat end)())
local function tail()
local i = debug.getinfo(1, "nl") return i.name, i.currentline end
local function tailer() return tail() end print(tailer())
print(pcall(string.rep))
print(pcall(string.rep, {}))
print(pcall(("x").rep, "x", {}))
print(select(2, pcall(error, setmetatable({}, {__tostring = function() return "E" end}))))
local ok, e = xpcall(function() local x = nil + 1 end, function(m) return m .. "|" .. debug.getinfo(2, "l").currentline .. "|" .. tostring(debug.getlocal(2, 1)) end)
print(e)
print((pcall(debug.sethook, hook)))
print(pcall(debug.setlocal, 1, 1))
print(pcall(debug.setlocal, 1000, 1, 1))  print(pcall(debug.getupvalue, 1, 1))
print((pcall(debug.upvalueid, print, 1)))
print(pcall(debug.setfenv, print))
print(pcall(debug.getmetatable))
print(debug.getinfo(print).short_src, debug.getinfo(1, "S").source, debug.getinfo(1, "u").nups, debug.getinfo(2) and debug.getinfo(2).what)
 print(debug.getinfo("1", "l").currentline)
local s = loadstring("local a = 1 return debug.getinfo(1, 'S')", "some code\nmore")
local i = s()
print(i.source, i.short_src, i.what, i.linedefined, i.lastlinedefined)
