-- getfenv, setfenv, newproxy, require and os.time: what native code does itself and what it leaves to Python.
local G = _G
local function where() return getfenv(2) == G end
local function deep(n) if n == 0 then return getfenv(3) == G, getfenv("1") == G end local a, b = deep(n - 1) return a, b end
print(where(), deep(3), getfenv() == G, getfenv(nil) == G, getfenv(0) == G)
local env = setmetatable({}, {__index = G})
local function mine() x = 1 return getfenv(1) == env, getfenv(2) == G end
print(setfenv(mine, env) == mine, mine())
print(env.x, rawget(G, "x"), getfenv(mine) == env, getfenv(print) == G)
local function change(level) setfenv(level, env) end
local function changed() change(2) y = 2 return getfenv(1) == env, (getfenv(2)) == G end
print(changed()) print(env.y, rawget(G, "y"))
local function va(...) setfenv(1, env) z = select("#", ...) return getfenv(1) == env end
print(va(1, 2, 3), env.z)
for _, bad in ipairs{"x", -1, 1000, {}, true} do
  print(pcall(getfenv, bad)) print(pcall(setfenv, bad, {}))
end
print(pcall(setfenv, mine)) print(pcall(setfenv, print, {})) print(pcall(setfenv, mine, 1))
print(coroutine.wrap(function() return getfenv(1) == G, getfenv(mine) == env, type(select(2, pcall(getfenv, 2))) end)())
print(pcall(function() return getfenv(1) == G, getfenv(2) == G end))
local count = 0
for i = 1, 300 do
  if getfenv(1) == G and getfenv(mine) == env and setfenv(mine, env) == mine then count = count + 1 end
end
print(count)
local p = newproxy(true)
getmetatable(p).__index = function(_, k) return k .. "!" end
print(type(p), p.a, getmetatable(newproxy(p)) == getmetatable(p), getmetatable(newproxy()), newproxy(false) ~= newproxy(nil))
print(pcall(newproxy, 1)) print(pcall(newproxy, io.stdout))
local made = {}
for i = 1, 300 do made[i] = newproxy(i % 2 == 0) end
print(getmetatable(made[1]), type(getmetatable(made[2])), getmetatable(made[2]) ~= getmetatable(made[4]))
print(require("string") == string, require "io" == io, pcall(require, "no.such" .. ".module.here") == false)
package.loaded.mine = 42 print(require("mine")) package.loaded.mine = false
package.preload.mine = function(name) return name .. "?" end print(require("mine"), require("mine"))
package.preload.again = function() return (pcall(require, "again")) end print(require("again"))
setmetatable(package.loaded, {__index = function(_, k) return k == "virtual" and "yes" or nil end})
print(require("virtual")) setmetatable(package.loaded, nil)
print(pcall(require)) print(pcall(require, {}))
local t = os.time() print(math.floor(t) == t, t > 1.6e9, os.time(nil) - t < 5, type(os.time{year = 2020, month = 5, day = 1}))
print(pcall(os.time, 1))
for i = 1, 200 do if os.time() < t then print("backwards") end end
