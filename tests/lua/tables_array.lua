-- Arrays under compiled loops: growth, reading past the end, zero and negative indices, holes.
local t = {}
for i = 1, 500 do t[i] = i end
local sum = 0
for i = 0, 510 do sum = sum + (t[i] or 1000) end
print(sum, #t)
t[0] = "zero" t[-1] = "minus"
print(t[0], t[-1], #t)
local u = {}
for i = 300, 1, -1 do u[i] = i end
print(#u)
local v = {}
for i = 1, 300, 2 do v[i] = i end
local present = 0
for i = 1, 300 do if v[i] ~= nil then present = present + 1 end end
print(present)
for i = 1, 300 do if i % 3 == 0 then v[i] = nil else v[i] = -i end end
sum = 0
for i = 1, 300 do sum = sum + (v[i] or 0) end
print(sum)
local mixed = {}
for i = 1, 200 do mixed[i] = i % 2 == 0 and i or "s" .. i end
local nums, strs = 0, 0
for i = 1, 200 do if type(mixed[i]) == "number" then nums = nums + 1 else strs = strs + 1 end end
print(nums, strs)
local idx = 0
for i = 1, 200 do local k = i / 2; if t[k] then idx = idx + 1 end end
print(idx)
local grid = {}
for y = 1, 20 do grid[y] = {} for x = 1, 20 do grid[y][x] = (x * y) % 5 end end
local c = 0
for y = 2, 19 do for x = 2, 19 do
  c = c + grid[y - 1][x] + grid[y + 1][x] + grid[y][x - 1] + grid[y][x + 1] - 4 * grid[y][x]
end end
print(c)
local a, b = {}, {}
for i = 1, 100 do a[i], b[101 - i] = i, i end
for i = 1, 100 do a[i], b[i] = b[i], a[i] end
print(a[1], a[100], b[1], b[100])
local q, head, tail = {}, 1, 0
for i = 1, 400 do tail = tail + 1 q[tail] = i if i % 3 == 0 then q[head] = nil head = head + 1 end end
print(head, tail, q[head], q[tail], q[1])
