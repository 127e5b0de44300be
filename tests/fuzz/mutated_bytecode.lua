-- Bytecode with a few wrong bytes: refused with an error, or run to whatever end, but never a crash.
-- Arguments: seed, number of files.
local seed, count = ...
math.randomseed(tonumber(seed))
local random = math.random
local sources = {
  "local t = {1, 2, x = 3} for i = 1, 3 do t[i] = i * 2 + #t end return t[2] .. 'a'",
  "local function f(a, ...) local b = {...} return a and #b or select('#', ...) end return f(1, 2, 3)",
  "local s = 0 for k, v in pairs({a = 1, b = 2}) do s = s + v end " ..
    "while s < 10 do s = s + 1 if s == 5 then break end end return s, not s, -s, s ^ 2, s % 3",
  "local up = 1 local function g() up = up + 1 return function() return up end end return g()(), g()",
  "local a, b, c = ... local ok, e = pcall(error, {}) return ok, type(e), a == b, a ~= c, ('x'):rep(3)",
  "goto x do local y = 1 local f = function() return y end end ::x:: return 1e300 * 1e300, 0x7fffffff, nil, true",
}

local function mutated(bytes)
  local at = random(6, #bytes)
  local changes = {
    function() return random(0, 255) end,
    function() return (bytes[at] + 1) % 256 end,
    function() return bit.bxor(bytes[at], 2 ^ random(0, 7)) end,
    function() return bytes[random(6, #bytes)] end,
  }
  bytes[at] = changes[random(4)]()
end

local loaded, refused, finished = 0, 0, 0
for _ = 1, tonumber(count) do
  local text = string.dump(assert(loadstring(sources[random(#sources)])), random(2) == 1)
  local bytes = {text:byte(1, -1)}
  for _ = 1, random(3) do mutated(bytes) end
  local f = load(string.char(unpack(bytes)), "mutated")
  if f then
    loaded = loaded + 1
    local co = coroutine.create(f)
    debug.sethook(co, function() error("too long") end, "", 10000)
    if coroutine.resume(co, 1, 2, 3) then finished = finished + 1 end
  else
    refused = refused + 1
  end
end
print(loaded > 50, refused > 50, finished > 50)
