-- Arguments of every kind for calls of library functions, and what is shown of results.
--
--   local arguments = dofile("arguments.lua")(seed)
--
-- The same seed makes the same arguments in any Lua.
local G = getfenv(0)
local type, tostring, select, format = type, tostring, select, string.format
local gsub, sub, create, resume, yield = string.gsub, string.sub, coroutine.create, coroutine.resume, coroutine.yield

return function(seed)

local state = seed * 7919 + 12345
local function random(n)
  state = state * 16807 % 2147483647
  return math.floor(state / 16) % n + 1
end

-- What is shown of a value.
local function show(v)
  local kind = type(v)
  if kind == "number" then return v ~= v and "nan" or format("%.14g", v) end
  if kind == "string" then
    local text = gsub(v, "0x%x+", "0x")
    text = gsub(text, "builtin: %x+", "builtin")
    text = gsub(gsub(text, " +", " "), "%S+: stack overflow", "stack overflow")
    if #text > 200 then text = #text .. ":" .. sub(text, 1, 200) end
    return format("%q", text)
  end
  if kind == "boolean" or kind == "nil" then return tostring(v) end
  return kind
end
local function line(...)
  local parts = {}
  for i = 1, math.min(select("#", ...), 20) do parts[i] = show((select(i, ...))) end
  return select("#", ...) .. " " .. table.concat(parts, " ")
end

-- Arguments.
local makers = {
  function() return nil end,
  function() return true end,
  function() return false end,
  function() return 0 end,
  function() return -0 end,
  function() return 1 end,
  function() return 2 end,
  function() return random(10) end,
  function() return -random(10) end,
  function() return random(100) / 8 end,
  function() return -1 end,
  function() return 255 end,
  function() return 256 end,
  function() return 36 end,
  function() return 1e15 end,
  function() return 2 ^ 31 end,
  function() return 2 ^ 31 - 1 end,
  function() return -2 ^ 31 end,
  function() return -2 ^ 31 - 1 end,
  function() return 2 ^ 32 end,
  function() return 2 ^ 53 end,
  function() return -2 ^ 63 end,
  function() return 1e308 end,
  function() return 5e-324 end,
  function() return 1 / 0 end,
  function() return -1 / 0 end,
  function() return 0 / 0 end,
  function() return "" end,
  function() return "a" end,
  function() return "abc" end,
  function() return "hello world from Lua" end,
  function() return "10" end,
  function() return " 0x1F " end,
  function() return "1e400" end,
  function() return "-7.5" end,
  function() return "a\0b" end,
  function() return "%s %d %q" end,
  function() return "%" .. random(120) .. "." .. random(120) .. ({"d", "f", "g", "s", "x", "e", "a", "q", "c", "i", "u"})[random(11)] end,
  function() return "%5.2f|%-8d|%+g|%#x|%c" end,
  function() return "(.-)%s" end,
  function() return "[a-" end,
  function() return "[^%w]+" end,
  function() return "%b" end,
  function() return "%f[%w]%w+" end,
  function() return "(()a*)%1" end,
  function() return "^(%a+)" end,
  function() return "((((((((" end,
  function() return "%1" end,
  function() return "nSl" end,
  function() return "*a" end,
  function() return "#" end,
  function() return "k" end,
  function() return ("x"):rep(300) end,
  function() return "return ..." end,
  function() return "return 1 +" end,
  function() return "\27LJ\2\0junk" end,
  function() return {} end,
  function() return {1, 2, 3} end,
  function() return {3, 1, 2, 5, 4, "x" and 9, 8} end,
  function() return {"b", "a", "c"} end,
  function() return {1, "a", {}} end,
  function() return {nil, 2, nil, 4} end,
  function() return {a = 1, [1.5] = 2, [true] = 3} end,
  function() return {year = 2001, month = 2, day = 30, hour = 25} end,
  function() return setmetatable({}, {__index = function(_, k) return k end, __len = function() return 3 end}) end,
  function() return setmetatable({}, {__tostring = function() return "text" end, __call = function(_, a) return a end}) end,
  function() return setmetatable({}, {__tostring = function() return {} end, __index = {1, 2}}) end,
  function() return setmetatable({}, {__index = function() error("index!", 0) end, __newindex = function() error({}) end}) end,
  function() return setmetatable({}, {__metatable = "locked", __lt = function() return 1 end, __concat = function() return "c" end}) end,
  function() return setmetatable({1, 2}, {__index = function() return yield(1) end, __lt = function() return yield() end}) end,
  function() return function(...) return ... end end,
  function() return function() return 1 end end,
  function() return function() error("raised") end end,
  function() return function() error({code = 1}) end end,
  function() return function() error() end end,
  function() return function(a, b) return a < b end end,
  function() return function() return true end end,
  function() return function() return "x" end end,
  function() return function() return {} end end,
  function() return function() return nil end end,
  function() return function(a) return yield(a) end end,
  function() return function() return resume(coroutine.running()) end end,
  function() return function() local function f() return 1 + f() end return f() end end,
  function() local n = 0 return function() n = n + 1 return n < 4 and "return " or nil end end,
  function() return string.rep end,
  function() return table.sort end,
  function() return pcall end,
  function() return error end,
  function() return yield end,
  function() return create(function(...) while true do yield(...) end end) end,
  function() local co = create(function(a) local b = a yield(b) error("dead") end) resume(co, 1) return co end,
  function() local co = create(function() end) resume(co) return co end,
  function() local co = create(function() error("x") end) resume(co) return co end,
  function() return coroutine.running() end,
  function() return newproxy() end,
  function() return newproxy(true) end,
  function() return io.stdout end,
  function() return io.tmpfile() end,
  function() local f = io.tmpfile() f:write("some text\n12 0x1f\n") f:seek("set") return f end,
  function() local f = io.tmpfile() f:close() return f end,
  function() return G end,
  function() return string end,
}
local function value() return makers[random(#makers)]() end

local by_kind = {}
for _, maker in ipairs(makers) do
  local kind = sub(type(maker()), 1, 1)
  by_kind[kind] = by_kind[kind] or {}
  table.insert(by_kind[kind], maker)
end
local function fitting(kind)
  local group = by_kind[kind]
  return group[random(#group)]()
end

return {random = random, show = show, line = line, value = value, fitting = fitting}
end
