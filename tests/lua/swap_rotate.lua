-- Rotations of variables: permutations at the back edge of a loop.
local a, b, c, d = 1, 2, 3, 4
for i = 1, 203 do a, b, c, d = b, c, d, a end
print(a, b, c, d)
local w, x, y, z = 1.5, 2.5, 3.5, 4.5
for i = 1, 201 do w, x = x, w y, z = z, y end
print(w, x, y, z)
for i = 1, 202 do w, x, y, z = z, w, x, y end
print(w, x, y, z)
local m, n, f, g = 1, 1, 1.5, 1
for i = 1, 100 do m, n = n, m + n f, g = g + m % 7, f end
print(m, n, f, g)
local s, t = "a", "b"
for i = 1, 151 do s, t = t, s end
print(s, t)
local v = {1, 2, 3, 4, 5}
for i = 1, 151 do v[1], v[2], v[3], v[4], v[5] = v[5], v[1], v[2], v[3], v[4] end
print(v[1], v[2], v[3], v[4], v[5])
local p, q, r = 0, 1, 2
for i = 1, 150 do
  if i % 2 == 0 then p, q, r = q, r, p else p, r = r, p end
  if i % 7 == 0 then q = q + 1 end
end
print(p, q, r)
