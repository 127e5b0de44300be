-- More live values than registers.
local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5, 6, 7, 8
local i1, i2, i3, i4, i5, i6, i7, i8 = 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5
for i = 1, 100 do
  a, b, c, d, e, f, g, h = b + i, c, d, e, f, g, h, a
  i1, i2, i3, i4, i5, i6, i7, i8 = i2, i3, i4, i5, i6, i7, i8, i1 * 0.5 + a
end
print(a, b, c, d, e, f, g, h)
print(string.format("%.6f %.6f %.6f %.6f", i1, i3, i5, i7))
