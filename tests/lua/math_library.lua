-- The functions of math, compared to a fixed number of digits.
local function f(x) if x ~= x then return "nan" end return string.format("%.10g", x) end
local xs = {0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, 10, 100.25, -100.75, 1e10, -1e10, 2^31, -2^31, 2^53, 1e300}
for i = 1, #xs do
  local x = xs[i]
  print(f(x), f(math.floor(x)), f(math.ceil(x)), f(math.abs(x)), f(math.sqrt(x)), f(math.fmod(x, 3)), f(math.modf(x)))
end
for i = -3, 3 do
  print(f(math.sin(i)), f(math.cos(i)), f(math.tan(i)), f(math.exp(i)), f(math.atan(i)), f(math.sinh(i)), f(math.cosh(i)), f(math.tanh(i)))
end
for i = 1, 5 do print(f(math.log(i)), f(math.log10(i)), f(math.asin(1 / i)), f(math.acos(1 / i)), f(math.atan2(i, 2)), f(math.deg(i)), f(math.rad(i))) end
print(math.pi, math.huge, -math.huge)
print(math.max(1, 5, 3), math.min(1, 5, -3), math.max(2), math.min(-0.5, 0.5), math.max(1.5, 2))
print(math.modf(3.7), math.modf(-3.7), math.modf(5))
print(math.frexp(8), math.frexp(0.3), math.ldexp(0.5, 4), math.pow(2, 10))
print(math.floor(-0.5), math.ceil(-0.5), math.fmod(-7, 3), math.fmod(7, -3))
print(pcall(math.floor, "x")) print(pcall(math.max)) print(math.floor("3.7"))
local sum = 0
for i = 1, 300 do
  sum = sum + math.floor(i / 7) + math.ceil(i / 7) + math.abs(50 - i) + math.max(i, 100) + math.min(i, 100) + math.sqrt(i * i)
end
print(sum)
sum = 0
for i = 1, 200 do sum = sum + math.sin(i) * math.cos(i) + math.exp(-i / 50) + math.log(i) + math.fmod(i, 7) + math.atan2(i, i + 1) end
print(f(sum))
local whole = 0
for i = 1, 200 do local x = i * 0.37 if math.floor(x) == math.ceil(x) then whole = whole + 1 end if math.floor(-x) < -x then whole = whole + 100 end end
print(whole)
local m, n = -math.huge, math.huge
for i = 1, 200 do local v = (i * 7919) % 1009 - 500 m = math.max(m, v) n = math.min(n, v) end
print(m, n)
