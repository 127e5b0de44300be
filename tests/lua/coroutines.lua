-- Coroutines: values in and out, states, errors, generators.
local function show(...) print(select("#", ...), ...) end
local co = coroutine.create(function(a, b)
  show(a, b)
  show(coroutine.yield(a + b))
  show(coroutine.yield())
  return "end", nil, 3
end)
print(coroutine.status(co))
show(coroutine.resume(co, 1, 2))
print(coroutine.status(co))
show(coroutine.resume(co, "x", nil, nil))
show(coroutine.resume(co))
print(coroutine.status(co))
show(coroutine.resume(co))
show(coroutine.resume(co, 1))

print(coroutine.running(), coroutine.isyieldable())
co = coroutine.create(function()
  print(coroutine.running() == co, coroutine.isyieldable(), coroutine.status(co))
  print(coroutine.resume(co))
  local inner = coroutine.create(function() print(coroutine.status(co)) print(coroutine.resume(co)) end)
  print(coroutine.resume(inner))
end)
print(coroutine.resume(co))

-- wrap
local gen = coroutine.wrap(function(n) for i = 1, n do coroutine.yield(i, i * i) end end)
print(gen(3)) print(gen()) print(gen()) print(gen())
print(pcall(gen))
local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local sum = 0
for i in range(300) do sum = sum + i end
print(sum)
local function tree(t) if t then tree(t[1]) coroutine.yield(t[2]) tree(t[3]) end end
for v in coroutine.wrap(function() tree{{nil, 1}, 2, {{nil, 3}, 4, {nil, 5}}} end) do io.write(v, " ") end print()

-- Yields across pcall, metamethods, iterators, tail calls and varargs.
co = coroutine.wrap(function(...)
  print(pcall(function(...) return coroutine.yield(...) end, ...))
  print(pcall(function() coroutine.yield("before") error("after", 0) end))
  local t = setmetatable({}, {
    __index = function(_, k) return coroutine.yield("index " .. k) end,
    __newindex = function(_, k, v) coroutine.yield("newindex " .. k .. v) end,
    __add = function(a, b) return coroutine.yield("add") end,
    __concat = function(a, b) return coroutine.yield("concat") end,
    __lt = function(a, b) return coroutine.yield("lt") end,
    __eq = function(a, b) return coroutine.yield("eq") end,
    __call = function(self, x) return coroutine.yield("call " .. x) end,
    __tostring = function() return coroutine.yield("tostring") end,
  })
  print(t.key)
  t.a = "b"
  print(t + 1, 1 + t)
  print("x" .. "y" .. t .. "z")
  print(t < t, t > t, t <= t, t == setmetatable({}, getmetatable(t)))
  if not (t < t) then print("not less") end
  print(t(7))
  print(tostring(t))
  for a, b in function(s, c) return coroutine.yield("iterate", c) end, 1, 2 do print("body", a, b) end
  return (function(...) return coroutine.yield(...) end)("tail", 2)
end)
print(co(1, 2, 3))
print(co(4, 5))
for i = 1, 18 do
  local r = i ~= 8 and i ~= 9 and i .. "!"
  if i == 17 then r = nil end
  print(i, co(r))
end
print(pcall(co))

-- Errors.
co = coroutine.create(function() local x = nil; x.y = 1 end)
print(coroutine.resume(co)) print(coroutine.status(co)) print(coroutine.resume(co))
co = coroutine.create(function() error({code = 7}) end)
local ok, err = coroutine.resume(co)
print(ok, err.code)
print(pcall(coroutine.wrap(function() error("text") end)))
print(pcall(coroutine.wrap(function() error("text", 0) end)))
print(pcall(function() local v = coroutine.wrap(function() error("inner") end)() end))
print(pcall(function() for v in coroutine.wrap(function() coroutine.yield(1) error("loop") end) do end end))
print(select(2, pcall(coroutine.wrap(function() error() end))))
local function bad(f, ...) print(pcall(function(...) f(...) end, ...)) end
bad(coroutine.resume) bad(coroutine.resume, 1) bad(coroutine.create, 1) bad(coroutine.wrap) bad(coroutine.status, {})
bad(coroutine.yield, 1)
print(coroutine.resume(coroutine.create(print), "library", "function"))
print(coroutine.resume(coroutine.create(coroutine.yield), 1, 2))
print(coroutine.resume(coroutine.create(pcall), error, "caught"))

-- Not across library functions that call back.
print(coroutine.resume(coroutine.create(function() return (("x"):gsub("x", function() coroutine.yield() end)) end)))
-- But within them.
print((("abc"):gsub("%w", coroutine.wrap(function(c) while true do c = coroutine.yield(c .. c) end end))))

-- Deep: coroutines that resume coroutines, and recursion inside one.
local function nest(n)
  if n == 0 then return coroutine.yield("bottom") end
  return coroutine.wrap(nest)(n - 1)
end
co = coroutine.wrap(function() return coroutine.wrap(nest)(100) end)
print(co())
local function deep(n) if n == 0 then return coroutine.yield("deep") end return 1 + deep(n - 1) end
co = coroutine.wrap(deep)
print(co(5000)) print(co(0))
co = coroutine.create(function() local function f() return 1 + f() end return f() end)
print(select("#", coroutine.resume(co)), coroutine.status(co))
local many = coroutine.wrap(function(...) print(select("#", ...)) print(select("#", coroutine.yield(...))) end)
local function n(k) local t = {} for i = 1, k do t[i] = i end return unpack(t) end
print(select("#", many(n(500)))) many(n(700))

-- Closures over the variables of a coroutine.
local get, set
co = coroutine.wrap(function()
  local v = 1
  get, set = function() return v end, function(x) v = x end
  coroutine.yield()
  v = v + 1
  coroutine.yield()
end)
co() set(10) co() print(get())
local failed = coroutine.create(function() local v = 5 get = function() return v end error("x") end)
coroutine.resume(failed) failed = nil collectgarbage() print(get())
