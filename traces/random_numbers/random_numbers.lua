-- A linear congruential generator, in exact integers below 2^53.
local seed, sum = 42, 0
for i = 1, 200 do
  seed = (seed * 3877 + 29573) % 139968
  sum = sum + seed / 139968
end
print(seed, string.format("%.6f", sum))
