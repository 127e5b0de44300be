-- Closures: made in loops, sharing and owning upvalues, composed, as iterators.
local rounds = tonumber((...)) or 100
local total = 0

local function counter(start)
  local n = start
  return function(step) n = n + step; return n end, function() return n end
end
local function compose(f, g)
  return function(x) return f(g(x)) end
end
local function range(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end
local function map(list, f)
  local out = {}
  for i = 1, #list do out[i] = f(list[i]) end
  return out
end

local numbers = {}
for i = 1, 200 do numbers[i] = i end
for round = 1, rounds do
  for i = 1, 300 do
    local add, get = counter(i)
    add(1)
    add(2)
    total = total + get()
  end
  for i = 1, 300 do
    local twice = compose(function(x) return x + i end, function(x) return x * 2 end)
    total = total + twice(i)
  end
  for i in range(500) do total = total + i end
  for _, value in ipairs(map(numbers, function(x) return x * round % 7 end)) do total = total + value end
  local made = {}
  for i = 1, 200 do
    local own = i
    made[i] = function() own = own + 1; return own end
  end
  for i = 1, 200 do total = total + made[i]() end
end
print(total)
