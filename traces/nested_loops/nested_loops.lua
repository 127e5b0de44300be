-- The inner loop compiles first; the outer one joins it by a side trace.
local sum = 0
for i = 1, 100 do
  for j = 1, 100 do
    sum = sum + i * j
  end
end
print(sum)
