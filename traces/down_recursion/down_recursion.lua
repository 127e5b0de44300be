-- One call per level and an addition after it.
local function sum(n)
  if n == 0 then return 0 end
  return n + sum(n - 1)
end
local total = 0
for i = 1, 50 do total = total + sum(100) end
print(total)
