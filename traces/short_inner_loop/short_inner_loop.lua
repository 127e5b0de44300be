-- An inner loop of a low, constant count is unrolled into the outer trace.
local sum = 0
for i = 1, 60 do
  for j = 1, 2 do sum = sum + j end
end
print(sum)
