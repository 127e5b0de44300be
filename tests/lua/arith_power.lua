-- ^ with small, large, negative and fractional exponents.
print(2 ^ 0, 2 ^ 1, 2 ^ 10, 2 ^ 31, 2 ^ 32, 2 ^ 53, 2 ^ 64)
print(0 ^ 0, 0 ^ 1, 1 ^ 1e10, (-2) ^ 2, (-2) ^ 3, (-8) ^ 2)
print(4 ^ 0.5, 8 ^ (1 / 3), 2 ^ -1, 10 ^ -2, 10 ^ 3)
local nan = (-1) ^ 0.5
print(nan ~= nan)
local squares, cubes, roots, halves = 0, 0, 0, 0
for i = 1, 120 do
  squares = squares + i ^ 2
  cubes = cubes + i ^ 3
  roots = roots + i ^ 0.5
  halves = halves + 2 ^ -i
end
print(squares, cubes, string.format("%.8f", roots), string.format("%.12f", halves))
local x, n = 1.5, 2
local total = 0
for i = 1, 120 do total = total + x ^ n; n = n == 2 and 3 or 2 end
print(total)
