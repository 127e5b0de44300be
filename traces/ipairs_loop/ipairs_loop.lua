-- ipairs is inlined.
local t = {}
for i = 1, 100 do t[i] = i end
local sum = 0
for k = 1, 10 do
  for i, v in ipairs(t) do sum = sum + i * v end
end
print(sum)
