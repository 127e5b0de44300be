-- The sign of zero: made by products, negation, division and modulo, seen by division.
local function sign(x) return 1 / x < 0 and "-0" or "+0" end
local zero = 0
print(sign(zero), sign(-zero), sign(zero * -1), sign(-zero * -1), sign(0 - zero), sign(zero - 0))
print(sign(-0), sign(0 * -1), sign(0 / -5), sign(-5 % 5), sign(5 % -5), sign(-0 + 0), sign(-0 - 0))
local n = 0
for i = 1, 200 do
  local z = zero * -i
  if sign(z) == "-0" then n = n + 1 end
end
print(n)
n = 0
for i = -100, 100 do
  local z = i * 0
  if 1 / z < 0 then n = n + 1 end
end
print(n)
n = 0
for i = 1, 200 do
  local z = i % 2 * -0
  local w = -(i - i)
  if 1 / z < 0 then n = n + 1 end
  if 1 / w < 0 then n = n + 1000 end
end
print(n)
print(zero == -zero, -zero < zero, math.max(-0, 0) == 0, tostring(-zero), 0 == -0)
local t = {}
t[-0] = "zero"
print(t[0], #t)
t[0 * -1] = "again"
print(t[0])
