-- The same place fails again and again: with the same message, or with another one.
local function field(v) return v.x.y end
local function add(a, b) return a + b end
local function less(a, b) return a < b end
local function call(f) return f() end
local function loop(a, b, c) for i = a, b, c do end end
local values = { 1, "s", true, {}, print, coroutine.create(print), { x = 5 }, { x = false } }
for round = 1, 3 do
  for i, v in ipairs(values) do
    if type(v) ~= "string" then print(pcall(field, v)) end
    print(pcall(add, v, 1))
    print(pcall(add, 1, v))
    print(pcall(less, v, round))
    print(pcall(less, v, values[i % #values + 1]))
    if v ~= print then print(pcall(call, v)) end
    print(pcall(loop, v, 1, 1))
    print(pcall(loop, 1, v, 1))
    print(pcall(loop, 1, 1, v))
    print(pcall(rawset, {}, nil, v))
    print(pcall(string.rep, v))
    print(pcall(string.rep, "x", v))
    print(pcall(function() string.rep(v, v) end))
    print(pcall(function() ("x"):rep(v, 1, 2) end))
    print(pcall(function() return math.floor(v) end))
    print(pcall(function() assert(false, v == print and 1 or i) end))
    print(pcall(function() assert(i > 9, "number " .. i) end))
    print(select("#", pcall(error, v)), (pcall(error, v, 2)))
  end
  print(pcall(string.rep))
  print(pcall(setmetatable, 1))
  print(pcall(setmetatable, {}))
end

-- Levels, through varargs, tail calls, pcall and coroutines.
local function raise(level) error("level " .. level, level) end
local function vararg(...) raise(...) end
local function tail(level) return raise(level) end
local function inside(level) local ok, e = pcall(raise, level) return e end
for round = 1, 2 do
  for level = 0, 8 do
    print(pcall(raise, level))
    print(pcall(vararg, level, 1, 2))
    print(pcall(tail, level))
    print(inside(level))
    print(coroutine.resume(coroutine.create(raise), level))
    print(pcall(coroutine.wrap(function() raise(level) end)))
    print(pcall(table.sort, { 1, 2, 3 }, function() raise(level) end))
    print(pcall(string.gsub, "a", "a", function() vararg(level) end))
  end
end

-- Handlers: what they see, what they fail with, within each other and within library functions.
local function where(e)
  local info = debug.getinfo(2, "Sl")
  return tostring(e) .. " at " .. tostring(info.currentline)
end
local function lines(e) return (debug.traceback(e):gsub("%[C%].*$", "")) end
for round = 1, 3 do
  print(xpcall(function() local t = nil; t.x = 1 end, where))
  print(xpcall(function() return nil + 1 end, where))
  print(xpcall(function() error("a") end, where))
  print(xpcall(function() local t = nil; return t.x end, lines))
  print(xpcall(function() error("a") end, function(e) error("b") end))
  print(xpcall(function() error("a") end, function(e) local t; return t.x end))
  print(xpcall(function() error("a") end, function(e) return xpcall(error, function(f) return f .. "+" .. e end, "b") end))
  print(xpcall(function() error("a") end, function(e) return select(2, xpcall(error, where, "b")) end))
  print(xpcall(function() table.sort({ 1, 2 }, function() error("in sort") end) end, function(e) return "H" .. e end))
  print(xpcall(table.sort, function(e) return "H" .. e end, { 1, 2 }, function() local t; return t.x end))
  print(xpcall(string.gsub, function(e) return "G" .. e end, "a", "a", function()
    return xpcall(error, function(e) return "I" .. e end, "inner")
  end))
  print(xpcall(function() coroutine.wrap(function() error("in coroutine") end)() end, function(e) return "H" .. e end))
  print(xpcall(function() local a; a() end, function(e) return e, 2, 3 end))
  print(xpcall(error, function(e) end, "nothing"))
  print(xpcall(error, function(e) return nil end))
end
local total = 0
for i = 1, 300 do
  local ok, e = xpcall(function(n) if n % 3 == 0 then error({ n }) end return n end, function(e) return e[1] * 2 end, i)
  total = total + e
end
print(total)
