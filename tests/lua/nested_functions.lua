-- Functions with many locals, parameters, upvalues and levels.
local a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local function all() return a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 end
local function level1()
  local b = a1
  return function()
    local c = b + a2
    return function()
      local d = c + b + a3
      return function() a1 = a1 + 1 b = b + 1 c = c + 1 d = d + 1 return a1, b, c, d end
    end
  end
end
print(all())
local f = level1()()()
print(f()) print(f()) print(all())
local function many(p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16)
  return p1 + p16, p2 + p15, p3 + p14, p4 + p13, p5 + p12, p6 + p11, p7 + p10, p8 + p9
end
local s1, s8 = 0, 0
for i = 1, 150 do
  local r1, r2, r3, r4, r5, r6, r7, r8 = many(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, i)
  s1, s8 = s1 + r1, s8 + r8
end
print(s1, s8)
local function swap(x, y) return y, x end
local p, q = 1, 2
for i = 1, 151 do p, q = swap(p, q) end
print(p, q)
local x, y, z = 0, 0.5, "s"
for i = 1, 150 do
  local function inner(k) x = x + k return y end
  y = y + inner(i)
  y = y > 1000 and y - 1000 or y
end
print(x, y, z)
