-- newproxy and __gc: order, resurrection, errors, weak tables, the end of the program.
print(pcall(newproxy, 1), pcall(newproxy, {}))
print(getmetatable(newproxy()), type(newproxy(true)), newproxy(false) ~= newproxy(false))
local p = newproxy(true)
print(getmetatable(newproxy(p)) == getmetatable(p), tostring(p):match("^userdata: ") ~= nil)
local mt = getmetatable(p)
mt.__len = function() return 3 end
mt.__index = function(_, k) return k .. "!" end
mt.__add = function() return "sum" end
mt.__call = function(_, x) return x end
mt.__eq = function() return true end
mt.__tostring = function() return "proxy" end
print(#p, p.x, p + 1, 1 + p, p(7), p == newproxy(p), tostring(p), rawequal(p, newproxy(p)))
local n = 0
for i = 1, 200 do if p == newproxy(p) then n = n + #p + p(1) end end
print(n)

collectgarbage("stop") -- Only where it is told to, until further notice.
local function collect()
  local ok, message = pcall(collectgarbage)
  collectgarbage("stop") -- A collection starts it again.
  return ok, message
end
local log = {}
local function make(name)
  local u = newproxy(true)
  getmetatable(u).__gc = function(o) log[#log + 1] = name .. type(o) end
  return u
end
for i = 1, 5 do make("p" .. i) end
collect()
print(table.concat(log, " "))

-- Resurrection: once more alive, never finalized again.
log = {}
local saved
do
  local u = newproxy(true)
  getmetatable(u).__gc = function(o) saved = o log[#log + 1] = "saved" end
end
collect()
print(type(saved), #log)
saved = nil
collect() collect()
print(#log)

-- Dead objects in weak tables: finalized userdata leave as values at once, as keys later.
local weak = setmetatable({}, {__mode = "v"})
local keys = setmetatable({}, {__mode = "k"})
local seen
do
  local u = newproxy(true)
  weak[1], keys[u] = u, "k"
  getmetatable(u).__gc = function(o) seen = tostring(weak[1]) .. tostring(keys[o]) end
end
collect()
print(seen, next(weak), next(keys) == nil)
collect()
print(next(keys))

-- Errors of finalizers come out of collectgarbage, and the others still run.
log = {}
make("first")
do local u = newproxy(true) getmetatable(u).__gc = function() error("in finalizer", 0) end end
make("last")
print(collect())
print(collect())
print(table.concat(log, " "))

collectgarbage("restart")

-- While the program allocates, in loops that become traces.
local count = 0
local cm = newproxy(true)
getmetatable(cm).__gc = function() count = count + 1 local t = {} for i = 1, 10 do t[i] = {} end end
for i = 1, 3000 do
  local u = newproxy(cm)
  local t = {i, {i}, tostring(i)}
end
cm = nil
collectgarbage() collectgarbage()
print(count)
local in_co = coroutine.wrap(function()
  make("inside")
  collectgarbage()
  return log[#log]
end)
print(in_co())
print(coroutine.wrap(function()
  local u = newproxy(true)
  getmetatable(u).__gc = function() print(pcall(coroutine.yield, 1)) end
  u = nil
  collectgarbage()
  return "done"
end)())
last = newproxy(true)
getmetatable(last).__gc = function() print("at the end") end
also = newproxy(true)
getmetatable(also).__gc = function() print("newest first") end
