-- The five operators and unary minus, in all operand forms: variables, constants left and right.
local function show(...) print(...) end
local a, b = 7, 3
show(a + b, a - b, a * b, a / b, a % b, a ^ b, -a)
show(a + 2, a - 2, a * 2, a / 2, a % 2, a ^ 2)
show(2 + b, 2 - b, 2 * b, 2 / b, 2 % b, 2 ^ b)
show(1 + 2, 1 - 2, 2 * 3, 1 / 4, 7 % 4, 2 ^ 10)
local x, y = 0.1, 0.2
show(x + y, x - y, x * y, x / y, x % y, x ^ y, -x)
show(1e308 * 10, -1e308 * 10, 1e-320, 5e-324 / 2)
show(2 ^ 53, 2 ^ 53 + 1, 2 ^ 63, -2 ^ 63, 2 ^ -1)
show(2 ^ 3 ^ 2, -2 ^ 2, (2 ^ 3) ^ 2, -3 % 5, -(3 % 5))
show(1 - 2 - 3, 2 / 2 / 2, 1 - (2 - 3), 1 + 2 * 3 - 4 / 2)
-- in loops, so that they are compiled
local s, d, p, q, m = 0, 0, 1, 1, 0
for i = 1, 150 do
  s = s + i; d = d - i; p = p * 1.01; q = q / 1.01; m = m + (i % 7) + (-i % 7) + (i % -7)
end
show(s, d, string.format("%.12g %.12g", p, q), m)
for i = 1, 150 do
  local r = 100 - i
  local t = 100 / i
  local u = 1000 % i
  if i == 150 then show(r, t, u) end
end
