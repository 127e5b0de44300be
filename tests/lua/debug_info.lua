-- debug: frames, variables, tracebacks, environments.
-- Few names: insertion will do.
local function sort(t)
  for i = 2, #t do
    local v, j = t[i], i - 1
    while j > 0 and t[j] > v do t[j + 1] = t[j]; j = j - 1 end
    t[j + 1] = v
  end
end
local traceback = debug.traceback
local function tb(...)
local s = traceback(...) return type(s) == "string" and s:gsub("%[C%]: at 0x%x+", "[C]: at") or s end
local function show(t)
local k = {} for n, v in pairs(t) do k[#k+1] = n .. "=" .. tostring(v) end sort(k)
print(table.concat(k, " ")) end
local function f(a, b, ...)
  local c = 1
  for i = 1, 1 do
    local d = i
    for n = -3, 12 do print(n, debug.getlocal(1, n)) end
    show(debug.getinfo(1, "nSlu"))
  end
  return c
end
local x = f(1, nil, 7, 8, 9)
f(2)
show(debug.getinfo(print, "Slun"))
show(debug.getinfo(f, "Slun"))
local t = debug.getinfo(f, "L").activelines
local ls = {} for l in pairs(t) do ls[#ls+1] = l end sort(ls)
print(table.concat(ls, ","))
print(debug.getinfo(1, "f").func == nil, debug.getinfo(f, "f").func == f, debug.getinfo(50))
for n = 0, 4 do print(debug.getlocal(f, n)) end
print(pcall(debug.getinfo, 1, "x"))
print(pcall(debug.getinfo, f, ">S"))
print(pcall(debug.getinfo))
print(pcall(debug.getinfo, {}))
print(pcall(debug.getlocal, 50, 1))
local up1, up2 = 1, 2
local function g() return up1, up2 end
local function h() return up2 end
print(debug.getupvalue(g, 1))
print(debug.getupvalue(g, 2))
print(debug.getupvalue(g, 3))
print(debug.setupvalue(g, 1, 10), up1)
print(debug.upvalueid(g, 2) == debug.upvalueid(h, 1), debug.upvalueid(g, 1) == debug.upvalueid(h, 1), type(debug.upvalueid(g, 1)))
debug.upvaluejoin(h, 1, g, 1)
print(h())
print(pcall(debug.upvalueid, g, 5))
print(pcall(debug.upvaluejoin, print, 1, g, 1))
print(pcall(debug.setupvalue, g, 1))
print(debug.getupvalue(string.gmatch("a", "a"), 1) ~= nil)
local function set()
debug.setlocal(2, 1, "changed") end
local function k()
local v = 1; set(); return v end
print(k())
print(tb("msg"))
print(tb("msg", 0))
print(tb({}) ~= nil, tb(nil), tb(12))
local function deep(n) if n == 0 then print((tb("deep"))) return 0 end return 1 + deep(n - 1) end
for _, n in ipairs{18, 19, 20, 21, 22, 30} do deep(n) end
print(xpcall(function()
local z = nil; z() end, tb))
print(xpcall(function() error("err") end, tb))
print(xpcall(function() error({}) end, function(e) return type(e) .. tb("in handler", 1) end))
print(debug.getmetatable("").__index == string)
print(debug.setmetatable(1, {__index = function(n, k) return k end}), (1).foo)
debug.setmetatable(1, nil)
print(pcall(debug.setmetatable, 1))
print(debug.getfenv(f) == _G, debug.getfenv(1))
print(debug.setfenv(h, {a=1}) == h, getfenv(h).a, getfenv(1) == _G, getfenv(print) == _G)
print(pcall(setfenv, print, {}))
print(pcall(setfenv, 50, {}))
print(pcall(getfenv, 50))
print(pcall(debug.setfenv, 1, {}))
print(setfenv(1, setmetatable({}, {__index = _G})) ~= nil) gg = 5 print(gg, _G.gg)
print(debug.getregistry() ~= nil, type(debug.getregistry()))
