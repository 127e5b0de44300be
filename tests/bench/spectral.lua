-- Spectral norm: a small function in the innermost of two loops, over arrays.
local n = tonumber((...)) or 1200
local function A(i, j)
  local ij = i + j - 1
  return 1 / (ij * (ij - 1) * 0.5 + i)
end
local function Av(x, y)
  for i = 1, n do
    local a = 0
    for j = 1, n do a = a + x[j] * A(i, j) end
    y[i] = a
  end
end
local function Atv(x, y)
  for i = 1, n do
    local a = 0
    for j = 1, n do a = a + x[j] * A(j, i) end
    y[i] = a
  end
end
local u, v, t = {}, {}, {}
for i = 1, n do u[i] = 1 end
for i = 1, 10 do Av(u, t) Atv(t, v) Av(v, t) Atv(t, u) end
local vBv, vv = 0, 0
for i = 1, n do vBv, vv = vBv + u[i] * v[i], vv + v[i] * v[i] end
print(string.format("%.9f", math.sqrt(vBv / vv)))
