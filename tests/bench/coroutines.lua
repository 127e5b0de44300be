-- Coroutines: generators, a pipeline, permutations by recursion, many short ones.
local rounds = tonumber((...)) or 20
local total = 0
local yield, wrap, resume, create = coroutine.yield, coroutine.wrap, coroutine.resume, coroutine.create

local function producer(n)
  return wrap(function() for i = 1, n do yield(i, i * 2) end end)
end
local function filter(source)
  return wrap(function()
    for a, b in source do
      if a % 3 ~= 0 then yield(a + b) end
    end
  end)
end
local function permute(list, n)
  if n == 0 then return yield(list) end
  for i = 1, n do
    list[i], list[n] = list[n], list[i]
    permute(list, n - 1)
    list[i], list[n] = list[n], list[i]
  end
end

for round = 1, rounds do
  for value in filter(producer(2000)) do total = total + value end
  for list in wrap(function() permute({ 1, 2, 3, 4, 5, 6 }, 6) end) do total = total + list[1] * list[6] end
  for i = 1, 300 do
    local co = create(function(a) local b = yield(a + 1); return b * 2 end)
    local _, first = resume(co, i)
    local _, second = resume(co, first)
    total = total + second
  end
  local co = create(function(x) while true do x = yield(x + 1) end end)
  for i = 1, 3000 do
    local _, value = resume(co, i)
    total = total + value
  end
end
print(total)
