-- Order of evaluation, hazards between targets and operands, merged nils.
local i, t = 1, {}
i, t[i] = i + 1, 20
t[i], t = t, i
t[i], i, t.x = 1, 2
local a, b, c
local d = nil
local e, f = nil
a, b, c = f()
a, b = 1, 2, g()
a = ...
a, b = ...
local g, h = (f()), (...)
a, b, c = c, a, b
x, y = y, x
local r = i .. t .. a .. "s" .. 1
r = "a" .. ("b" .. "c")
r = -a ^ 2 ^ -b
r = 2 + 3 * 4 ^ 2 / 8 - 7 % 4
r = 1 / 0, -1 / 0, 0 / 0, -0
r = a + 1 - b * 2.5 / c % 3 + 1e300 * 10 + 7 - a
r = 1 + a, 2 - b, 3 * c, 4 / a, 5 % b, 2 ^ c
