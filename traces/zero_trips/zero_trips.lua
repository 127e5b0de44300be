-- Inner loops that run not at all, or once.
local sum = 0
for i = 1, 200 do
  for j = 1, 0 do sum = sum + 1000 end
  for j = i, i do sum = sum + j end
end
print(sum)
