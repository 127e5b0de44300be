-- The inner loop of the Mandelbrot set, along one line.
local inside = 0
for x = 0, 20 do
  local cr, ci = 3 * x / 20 - 2, 0.1
  local zr, zi, n = 0, 0, 0
  while n < 100 and zr * zr + zi * zi < 4 do
    zr, zi = zr * zr - zi * zi + cr, 2 * zr * zi + ci
    n = n + 1
  end
  if n == 100 then inside = inside + 1 end
end
print(inside)
