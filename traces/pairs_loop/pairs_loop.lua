-- pairs and next: the traversal itself is compiled.
local t = {}
for i = 1, 100 do t[i] = i end
local sum = 0
for k = 1, 5 do
  for key, value in pairs(t) do sum = sum + key * value end
end
print(sum)
