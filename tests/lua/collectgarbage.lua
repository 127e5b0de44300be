-- The options of collectgarbage and their results.
print(collectgarbage(), collectgarbage("collect"), type(collectgarbage("count")))
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200), collectgarbage("setstepmul", 300), collectgarbage("setstepmul", 200))
print(pcall(collectgarbage, "nonsense"))
print(pcall(collectgarbage, {}))
print(pcall(collectgarbage, "step", {}))
print(type(collectgarbage("step")), collectgarbage("step", 100000))
print(type(gcinfo()))
-- Collecting at every allocation, less will do.
local less = os.getenv("JITVM_GCSTRESS") and 100 or 1
-- The count grows and shrinks by what is allocated.
collectgarbage()
local before = collectgarbage("count")
local t = {}
for i = 1, 10000 do t[i] = {i} end
local full = collectgarbage("count")
t = nil
collectgarbage()
local after = collectgarbage("count")
print(full - before > 300, after - before < 50)
collectgarbage("restart")
collectgarbage()
local most = 0
for i = 1, 600000 / less do
  local x = {i}
  if i % 1000 == 0 then most = math.max(most, collectgarbage("count")) end
end
print(most < 40000)
local s = ""
for i = 1, 3000 do s = s .. "x" end
print(#s)
-- Structures that refer to themselves, deep ones, stacks that shrink.
local list
for i = 1, 100000 / less do list = {list} end
collectgarbage()
local depth = 0
while list do list = list[1] depth = depth + 1 end
print(depth * less)
local co = coroutine.create(function()
  local function deep(n) if n > 0 then return 1 + deep(n - 1) end return 0 end
  coroutine.yield(deep(5000))
  coroutine.yield(deep(100))
end)
print(coroutine.resume(co))
collectgarbage() collectgarbage() collectgarbage()
print(coroutine.resume(co))
local a = {} a.a = a
local weak = setmetatable({a}, {__mode = "v"})
a = nil collectgarbage() print(#weak)
