-- Weak tables of three kinds.
local function size(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
local function fill(mode)
  local t = setmetatable({}, {__mode = mode})
  t[1], t[2], t[3] = {}, "string", 3
  t.a, t.b, t.c = {}, "text" .. mode, true
  t[{}] = 1 t[{}] = {} t[print] = {} t["k" .. mode] = print
  t[function() end] = "f"
  return t
end
for _, mode in ipairs{"k", "v", "kv", "", "x"} do
  local t = fill(mode)
  collectgarbage()
  print(mode, size(t), t[1] ~= nil, t[2], t[3], t.a ~= nil, t.b, t.c, t[print] ~= nil)
end
-- A key that its own value refers to stays, as in Lua 5.1.
local eph = setmetatable({}, {__mode = "k"})
do local k = {} eph[k] = {k} end
collectgarbage()
print(size(eph))
-- The mode may change later.
local mt = {}
local t = setmetatable({{}, {}}, mt)
collectgarbage() print(#t)
mt.__mode = "v"
collectgarbage() print(size(t))
-- Threads, functions and closures as weak values; caches in hot loops.
local w = setmetatable({}, {__mode = "v"})
w.co, w.fn = coroutine.create(print), function() return w end
local keep = coroutine.create(print)
w.keep = keep
collectgarbage()
print(w.co, w.fn, w.keep == keep)
local cache = setmetatable({}, {__mode = "v"})
local hits = 0
for i = 1, 1000 do
  local key = i % 10
  local v = cache[key]
  if v then hits = hits + 1 else cache[key] = {key} end
end
print(hits <= 990, #cache <= 9)
collectgarbage()
print(next(cache))
