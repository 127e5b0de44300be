-- Matrix multiplication on tables of rows.
local n = tonumber((...)) or 600
local function matrix(scale)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = (i - j) * scale / n + (i + j) % 7 end
    m[i] = row
  end
  return m
end
local function transpose(m)
  local t = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = m[j][i] end
    t[i] = row
  end
  return t
end
local a, bt = matrix(1), transpose(matrix(2))
local trace = 0
for i = 1, n do
  local row = a[i]
  for j = 1, n do
    local column, sum = bt[j], 0
    for k = 1, n do sum = sum + row[k] * column[k] end
    if i == j then trace = trace + sum end
  end
end
print(string.format("%.6f", trace))
