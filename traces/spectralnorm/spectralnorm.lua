-- A function called from the innermost loop.
local function A(i, j)
  local ij = i + j - 1
  return 1.0 / (ij * (ij - 1) * 0.5 + i)
end
local function Av(x, y, n)
  for i = 1, n do
    local a = 0
    for j = 1, n do a = a + x[j] * A(i, j) end
    y[i] = a
  end
end
local n, u, v = 20, {}, {}
for i = 1, n do u[i] = 1 end
for i = 1, 3 do Av(u, v, n) Av(v, u, n) end
print(string.format("%.9f", u[1]))
