-- Rows of a matrix: two loads deep.
local m = {}
for i = 1, 10 do
  m[i] = {}
  for j = 1, 10 do m[i][j] = i * j end
end
local trace = 0
for k = 1, 20 do
  for i = 1, 10 do trace = trace + m[i][i] end
end
print(trace)
