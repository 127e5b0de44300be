-- Where a stack overflow is, how deep it comes, and what a message handler finds: in the interpreter.
jit.off()
local n
local function plain() n = n + 1 return 1 + plain() end
local function wide(a, b, c, d, e) n = n + 1 local f, g, h = a, b, c return 1 + wide(d, e, f, g, h) end
local function varargs(...) n = n + 1 return 1 + varargs(...) end
local function longer(...) n = n + 1 return 1 + longer(1, ...) end
local function caught(x) n = n + 1 return (pcall(caught, x)) end
local function again(x) n = n + 1 local ok, e = pcall(again, x) error(e, 0) end
local t = setmetatable({}, {
  __index = function(t, k) n = n + 1 return t[k + 1] end,
  __add = function(a, b) n = n + 1 return a + b end,
  __call = function(self, ...) n = n + 1 return 1 + self(1, ...) end,
})
local function replaced() return (string.gsub("x", "x", function() return plain() end)) end
-- Frames of library functions are ours: they count nothing.
do
  n = 0
  print(pcall(replaced))
  print(coroutine.resume(coroutine.create(replaced)))
end
local ways = {
  plain, wide, varargs, longer, caught, again,
  function() return t[1] end, function() return t + 1 end, function() return t(1) + 1 end,
}
local handlers = {
  function(m) return "handled: " .. tostring(m) end,
  function(m) return (debug.traceback(m, 1):sub(1, 200)) end,
  function(m)
    local seen = {}
    for level = 1, 3 do
      local info = debug.getinfo(level, "nSl")
      seen[level] = info.currentline .. tostring(info.name) .. info.what
    end
    return table.concat(seen, " ")
  end,
  function(m) return select("#", pcall(plain)) end,
}
for i, way in ipairs(ways) do
  n = 0
  print(i, pcall(way))
  print(n)
  n = 0
  print(i, coroutine.resume(coroutine.create(way)))
  print(n)
  for k, handler in ipairs(handlers) do print(i, k, xpcall(way, handler)) end
end
-- Many captures go to a function that has hardly any stack left.
local subject, pattern = ("x"):rep(32), ("(x)"):rep(32)
print(xpcall(wide, function(m) return plain() end))
local function full() return 1 + full() end
print(xpcall(full, function() return (subject:gsub(pattern, function(...) return select("#", ...) end)) end))
print((subject:gsub(pattern, function(...) return select("#", ...) end)))
