-- Upvalues of closures whose makers have returned.
local function counter(step)
  local n = 0
  return function() n = n + step return n end
end
local by_one, by_two = counter(1), counter(2)
local sum = 0
for i = 1, 200 do sum = sum + by_one() + by_two() end
print(sum)
