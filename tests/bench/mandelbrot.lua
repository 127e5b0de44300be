-- The Mandelbrot set: floating point in registers, an inner loop with two ways out.
local n = tonumber((...)) or 1000
local inside, steps = 0, 0
for y = 0, n - 1 do
  local ci = 2 * y / n - 1
  for x = 0, n - 1 do
    local cr = 2 * x / n - 1.5
    local zr, zi, zr2, zi2, k = 0, 0, 0, 0, 0
    while k < 200 and zr2 + zi2 <= 4 do
      zi = 2 * zr * zi + ci
      zr = zr2 - zi2 + cr
      zr2, zi2 = zr * zr, zi * zi
      k = k + 1
    end
    steps = steps + k
    if k == 200 then inside = inside + 1 end
  end
end
print(inside, steps)
