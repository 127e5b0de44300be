-- Many coroutines, alive and dead, in loops that become traces.
local live = {}
for i = 1, 2000 do
  live[i] = coroutine.create(function(a) local n = i while true do n = n + coroutine.yield(n) end end)
  coroutine.resume(live[i])
end
local total = 0
for round = 1, 3 do
  for i = 1, #live do
    local _, v = coroutine.resume(live[i], round)
    total = total + v
  end
end
print(total)
live = nil
for i = 1, 20000 do coroutine.wrap(function() coroutine.yield(i) end)() end
collectgarbage()
print(collectgarbage("count") < 20000)

local function producer(n) return coroutine.create(function() for i = 1, n do coroutine.yield(i) end return "done" end) end
local function filter(p, f)
  return coroutine.create(function()
    while true do
      local _, v = coroutine.resume(p)
      if type(v) ~= "number" then return v end
      if f(v) then coroutine.yield(v) end
    end
  end)
end
local odd = filter(producer(1000), function(v) return v % 2 == 1 end)
local third = filter(odd, function(v) return v % 3 == 0 end)
local count, sum = 0, 0
while true do
  local ok, v = coroutine.resume(third)
  if type(v) ~= "number" then print(ok, v) break end
  count, sum = count + 1, sum + v
end
print(count, sum)

-- A scheduler with errors and different yield values.
local log, tasks = {}, {}
for i = 1, 20 do
  tasks[i] = coroutine.create(function()
    for j = 1, i do
      if i % 7 == 0 and j == 3 then error("task " .. i, 0) end
      coroutine.yield(j, i)
    end
    return i
  end)
end
local alive, steps = #tasks, 0
while alive > 0 do
  for i = 1, #tasks do
    if tasks[i] then
      local ok, a = coroutine.resume(tasks[i])
      steps = steps + 1
      if not ok then log[#log + 1] = a end
      if coroutine.status(tasks[i]) == "dead" then tasks[i] = false alive = alive - 1 end
    end
  end
end
print(steps, table.concat(log, ";"))
