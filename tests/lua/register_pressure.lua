-- Many live values, integers and floats, across branches and calls.
local a, b, c, d, e, f, g, h, i2, j, k, l, m, n, o, p, q, r = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
for i = 1, 200 do
  a = (a + b) % 1000 b = (b + c) % 1000 c = (c + d) % 1000 d = (d + e) % 1000 e = (e + f) % 1000 f = (f + g) % 1000
  g = (g + h) % 1000 h = (h + i2) % 1000 i2 = (i2 + j) % 1000 j = (j + k) % 1000 k = (k + l) % 1000 l = (l + m) % 1000
  m = (m + n) % 1000 n = (n + o) % 1000 o = (o + p) % 1000 p = (p + q) % 1000 q = (q + r) % 1000 r = (r + a) % 1000
end
print(a, b, c, d, e, f, g, h, i2, j, k, l, m, n, o, p, q, r)
local x1, x2, x3, x4, x5, x6, x7, x8, x9, x10 = .1, .2, .3, .4, .5, .6, .7, .8, .9, 1.0
local y1, y2, y3, y4, y5, y6, y7, y8, y9, y10 = 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0
for i = 1, 200 do
  x1 = x1 * 0.5 + y1 x2 = x2 * 0.5 + y2 x3 = x3 * 0.5 + y3 x4 = x4 * 0.5 + y4 x5 = x5 * 0.5 + y5
  x6 = x6 * 0.5 + y6 x7 = x7 * 0.5 + y7 x8 = x8 * 0.5 + y8 x9 = x9 * 0.5 + y9 x10 = x10 * 0.5 + y10
  y1 = y2 + x1 % 0.5 y2 = y3 - x2 % 0.25 y3 = math.sqrt(x3) y4 = math.floor(x4) y5 = math.sin(x5)
  if i % 3 == 0 then y6, y7 = y7, y6 elseif i % 5 == 0 then y8 = y9 + x1 % 1 end
  y9 = (y9 + y10) % 3 y10 = math.max(y10 * 0.99, y1 % 2)
end
print(string.format("%.9g %.9g %.9g %.9g %.9g", x1, x2, x3, x4, x5))
print(string.format("%.9g %.9g %.9g %.9g %.9g", x6, x7, x8, x9, x10))
print(string.format("%.9g %.9g %.9g %.9g %.9g", y1, y2, y3, y4, y5))
