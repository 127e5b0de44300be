-- Objects are changed while the collector is half way through them.
local less = os.getenv("JITVM_GCSTRESS") and 10 or 1
local keep, store = {}, {}
local function variable(i)
  local u = {i}
  return function(v) if v then u = v end return u end
end
for i = 1, 200 do keep[i] = variable(i) end
for round = 1, 200 / less do
  for i = 1, 200 do
    local t = {i, round, name = "x" .. i .. "/" .. round}
    keep[i]({t})
    store[i] = t
    store["k" .. i] = {t}
    t.self = setmetatable({}, {__index = t})
  end
  collectgarbage("step", 1)
  for i = 1, 200 do
    assert(keep[i]()[1] == store[i] and store["k" .. i][1].name == "x" .. i .. "/" .. round)
    assert(store[i].self[1] == i and store[i].self.name == store[i].name)
  end
end
-- A large table is traversed in pieces, and grows, shrinks and is rearranged meanwhile.
local large = {}
for i = 1, 20000 / less do large[i] = {i} large["s" .. i] = {i} end
local cycles = 0
for round = 1, 400 / less do
  local n = #large
  large[n + 1], large[1] = large[1], large[n]
  large[n] = nil
  large["s" .. round] = nil
  large["t" .. round] = {round}
  large[round % n + 1] = {large[round % n + 1][1]}
  if round % 50 == 0 then table.insert(large, 1, table.remove(large)) end
  if collectgarbage("step", 10) then cycles = cycles + 1 end
end
local count = 0
for k, v in pairs(large) do count = count + #v end
print(count * less)
-- Coroutines, open and closed variables, environments, metatables, strings that die and come back.
local cos = {}
for i = 1, 30 do
  cos[i] = coroutine.wrap(function()
    local x = {}
    while true do
      x = {x, coroutine.yield(x)}
      x[1] = nil
    end
  end)
  cos[i]()
end
for round = 1, 100 / less do
  for i = 1, 30 do
    local value = {round}
    assert(cos[i](value)[2] == value)
    setfenv(keep[i], setmetatable({name = "env" .. i}, {__index = {round = round}}))
    assert(debug.setupvalue(keep[i + 30], 1, {round}) and keep[i + 30]()[1] == round)
    collectgarbage("step")
  end
  for i = 1, 30 do
    local env = getfenv(keep[i])
    assert(env.name == "env" .. i and env.round == round and ("en" .. "v" .. i) == env.name)
  end
end
-- Any number of small steps is a cycle in the end.
local n = 0
repeat n = n + 1 until collectgarbage("step") or n == 1e6
print(n < 1e6, collectgarbage("step", 1e6))
-- An upvalue that is still open does not keep its coroutine alive, only the value.
local weak = setmetatable({}, {__mode = "v"})
local get
do
  local co = coroutine.create(function()
    local x = {"first"}
    coroutine.yield(function(v) if v then x = v end return x end)
  end)
  weak[1] = co
  local _
  _, get = coroutine.resume(co)
end
collectgarbage()
collectgarbage()
print(weak[1], get()[1])
get({"second"})
collectgarbage()
print(get()[1])
