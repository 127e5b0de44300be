-- xpcall, metatables of basic types, debug.getmetatable and getfenv(0) in hot loops; errors in the middle.
local function handler(e) return "handled " .. tostring(e) end
local function fails_late(x) if x > 150 then error("late " .. x, 0) end return x, x + 1 end
local sum = 0
for i = 1, 200 do
  local ok, a, b = xpcall(fails_late, handler, i)
  if ok then sum = sum + a + b else sum = sum + #a end
end
print(sum)

local function outer(x) local ok, v = xpcall(fails_late, handler, x) return v end
local last
for i = 1, 200 do local ok, v = xpcall(outer, print, i) last = v end
print(last)
for i = 1, 200 do last = select("#", xpcall(fails_late, handler, i, 1, 2)) end
print(last)
local callable = setmetatable({}, { __call = function(self, a, b) return a .. b end })
for i = 1, 100 do last = select(2, xpcall(callable, handler, i, "x")) end
print(last)
for i = 1, 100 do last = select(2, xpcall(string.rep, handler, "ab", i % 3)) end
print(last)
for i = 1, 100 do last = select(2, xpcall(pcall, handler, fails_late, i)) end
print(last)
for i = 1, 100 do last = select(2, xpcall(i < 90 and tostring or nil, handler, i)) end
print(last)
for i = 1, 100 do last = { pcall(xpcall, tostring, i < 90 and handler or 5, i) } end
print(last[1], last[2])
print(pcall(function() for i = 1, 100 do xpcall(i < 90 and tostring) end end))
local co = coroutine.wrap(function()
  for i = 1, 100 do
    local ok, v = xpcall(coroutine.yield, handler, i)
    if v == "stop" then return "stopped" end
  end
end)
for i = 1, 50 do last = co(i) end
print(last, co("stop"))

-- Metatables of basic types.
local index = { twice = function(n) return n * 2 end, name = "number" }
debug.setmetatable(0, { __index = index, __len = function(n) return n + 1 end, __call = function(n, x) return n + x end })
debug.setmetatable(nil, { __index = function(_, k) return k end, __add = function(a, b) return b or a end })
debug.setmetatable(true, { __index = { x = 3 }, __tostring = function(b) return b and "yes" or "no" end })
debug.setmetatable(print, { __index = { name = "function" }, __concat = function() return "joined" end })
local n, s = 0, ""
for i = 1, 120 do
  local nothing
  n = n + i:twice() + #i + i(3) + (i % 2 == 0).x
  s = nothing.key .. i.name .. print.name .. tostring(i % 2 == 0) .. (print .. i)
  if i == 60 then index.twice = function(x) return x * 3 end end
  if i == 100 then debug.setmetatable(true, { __index = { x = 5 } }) end
end
print(n, s)
for i = 1, 100 do n = n + (nil + i) end
print(n)
debug.setmetatable(0, nil)
print(pcall(function() for i = 1, 100 do n = i.name end end))
for _, v in ipairs { nil, true, print } do debug.setmetatable(v, nil) end
debug.setmetatable(nil, nil)
debug.setmetatable(true, nil)
debug.setmetatable(print, nil)

-- Queries.
local mt = { __metatable = false }
local values = { {}, setmetatable({}, mt), "text", 5, true, print, io.stdout, newproxy(true) }
local counts = {}
for round = 1, 60 do
  for i, v in ipairs(values) do
    local a, b = getmetatable(v), debug.getmetatable(v)
    counts[i] = (counts[i] or 0) + (a and 1 or 0) + (b and 10 or 0) + (a == b and 100 or 0)
  end
end
print(table.concat(counts, " "))
for i = 1, 100 do
  if i == 90 then setmetatable(values[1], mt) end
  last = debug.getmetatable(values[1]) == mt
end
print(last)
for i = 1, 100 do last = getfenv(0) == _G end
print(last)
for i = 1, 100 do last = getfenv(i % 2) == _G end
print(last)
print(coroutine.wrap(function()
  setfenv(0, { name = "own" })
  for i = 1, 100 do last = getfenv(0).name end
  return last
end)(), getfenv(0) == _G)
