-- Matrix multiplication on tables of rows: the innermost loop alone gets hot.
local n = 8
local a, b, c = {}, {}, {}
for i = 1, n do
  a[i], b[i], c[i] = {}, {}, {}
  for j = 1, n do a[i][j], b[i][j] = i + j, i - j end
end
for i = 1, n do
  local row = a[i]
  for j = 1, n do
    local sum = 0
    for k = 1, n do sum = sum + row[k] * b[k][j] end
    c[i][j] = sum
  end
end
print(c[1][1], c[n][1], c[1][n], c[n][n])
