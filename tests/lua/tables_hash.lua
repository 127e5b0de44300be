-- String keys, number keys, deletion, re-insertion, growth of the hash part.
local t = {}
for i = 1, 300 do t["k" .. i] = i end
local sum = 0
for i = 1, 300 do sum = sum + t["k" .. i] end
print(sum)
for i = 1, 300, 2 do t["k" .. i] = nil end
local left = 0
for k, v in pairs(t) do left = left + v end
print(left)
for i = 1, 300, 2 do t["k" .. i] = -i end
left = 0
for k, v in pairs(t) do left = left + v end
print(left)
local sparse = {}
for i = 1, 200 do sparse[i * 1000] = i end
sum = 0
for i = 1, 200 do sum = sum + sparse[i * 1000] + (sparse[i * 1000 + 1] or 0) end
print(sum)
local f = {}
for i = 1, 200 do f[i + 0.5] = i end
sum = 0
for i = 1, 200 do sum = sum + f[i + 0.5] end
print(sum, f[1], f[1.5])
local p = {x = 1, y = 2, z = 3}
for i = 1, 200 do
  p.x = p.x + p.y
  p.y = p.z - p.x % 3
  p.z = p.z + 1
  if i == 100 then p.w = 5 end
  if i == 150 then p.y = nil p.y = 1 end
end
print(p.x, p.y, p.z, p.w)
local objs = {{a = 1, b = 2}, {b = 3, a = 4}, {a = 5}}
local ta, tb = 0, 0
for i = 1, 300 do
  local o = objs[i % 3 + 1]
  ta = ta + o.a
  tb = tb + (o.b or 100)
end
print(ta, tb)
local bools = {[true] = 0, [false] = 0}
for i = 1, 200 do bools[i % 3 == 0] = bools[i % 3 == 0] + 1 end
print(bools[true], bools[false])
local keys = {}
for i = 1, 50 do keys[i] = {} end
local by = {}
for i = 1, 50 do by[keys[i]] = i end
sum = 0
for i = 1, 200 do sum = sum + by[keys[i % 50 + 1]] end
print(sum)
