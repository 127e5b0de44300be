-- Calls in calls, with arguments missing and in excess.
local function first(x, y) return x, y end
local function second(x)
  local a, b = first(x)
  if b == nil then return a + 1 end
  return b
end
local sum = 0
for i = 1, 200 do sum = sum + second(i, 7) end
print(sum)
