-- Computations that nobody needs disappear.
local x = 1
for i = 1, 100 do
  local a = x * 3
  local b = math.sqrt(i)
  x = x + 1
end
print(x)
