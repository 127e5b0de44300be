-- Multiple assignment: right sides first, adjusted to the left.
local a, b, c = 1, 2
print(a, b, c)
a, b = b, a
print(a, b)
a, b, c = (function() return 7, 8, 9, 10 end)()
print(a, b, c)
a, b, c = 0, (function() return 7, 8 end)()
print(a, b, c)
a, b, c = (function() return 7, 8 end)(), 1
print(a, b, c)
a, b, c = ((function() return 7, 8 end)())
print(a, b, c)
local i, t = 1, {}
i, t[i] = i + 1, 20
print(i, t[1], t[2])
local x, y, z = {}, {}, {}
x.a, y.b, z.c = 1, 2
print(x.a, y.b, z.c)
t = {10, 20, 30}
t[1], t[2], t[3] = t[3], t[1], t[2]
print(t[1], t[2], t[3])
local p, q = 0, 1
for k = 1, 150 do p, q = q, (p + q) % 1000007 end
print(p, q)
do local a = 5; local a = a + 1; print(a) end
local function none() end
local v = none()
print(v, (none()))
g1, g2 = 1, 2
g1, g2 = g2, g1
print(g1, g2)
