-- Numeric programs: primes, perfect numbers, pi, matrices, life.
local function isprime(n) if n < 2 then return false end for i = 2, math.sqrt(n) do if n % i == 0 then return false end end return true end
local c = 0 for i = 1, 2000 do if isprime(i) then c = c + 1 end end print(c)
for n = 2, 500 do local s = 1 for i = 2, n / 2 do if n % i == 0 then s = s + i end end if s == n then print("perfect", n) end end
local pi, sign = 0, 1
for i = 0, 20000 do pi = pi + sign / (2 * i + 1) sign = -sign end
print(string.format("%.10f", pi * 4))
local n, A = 10, {}
for i = 1, n do A[i] = {} for j = 1, n do A[i][j] = (i == j) and n or 1 / (i + j) end end
local det = 1
for k = 1, n do
  det = det * A[k][k]
  for i = k + 1, n do
    local f = A[i][k] / A[k][k]
    for j = k, n do A[i][j] = A[i][j] - f * A[k][j] end
  end
end
print(string.format("%.6e", det))
local w, h, grid = 16, 16, {}
for y = 0, h - 1 do grid[y] = {} for x = 0, w - 1 do grid[y][x] = ((x * 7 + y * 13) % 5 < 2) and 1 or 0 end end
for gen = 1, 10 do
  local new = {}
  for y = 0, h - 1 do
    new[y] = {}
    for x = 0, w - 1 do
      local s = -grid[y][x]
      for dy = -1, 1 do for dx = -1, 1 do s = s + grid[(y + dy) % h][(x + dx) % w] end end
      new[y][x] = (s == 3 or (s == 2 and grid[y][x] == 1)) and 1 or 0
    end
  end
  grid = new
end
local alive = 0
for y = 0, h - 1 do for x = 0, w - 1 do alive = alive + grid[y][x] end end
print(alive)
local function integrate(f, a, b, n) local s, dx = 0, (b - a) / n for i = 0, n - 1 do s = s + f(a + (i + 0.5) * dx) end return s * dx end
print(string.format("%.8f %.8f", integrate(math.sin, 0, math.pi, 500), integrate(function(x) return x * x end, 0, 3, 500)))
local x = 1 for i = 1, 100 do x = x - (x * x - 2) / (2 * x) end print(x)
local e, term = 1, 1 for i = 1, 100 do term = term / i e = e + term end print(e)
local b = "" local v = 1234567 while v > 0 do b = v % 2 .. b v = (v - v % 2) / 2 end print(b)
