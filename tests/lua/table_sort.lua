-- Sorting: numbers, strings, by functions; equal elements keep luajit's order; invalid order functions.
local seed = 7
local function rnd(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return math.floor(seed / 65536) % n + 1
end
local function check(t, less)
  for i = 2, #t do
    if less(t[i], t[i - 1]) then return "unsorted" end
  end
  return "sorted"
end
local function lt(a, b) return a < b end
for _, n in ipairs {0, 1, 2, 3, 4, 5, 10, 33, 100, 1000} do
  local a, b, c, d = {}, {}, {}, {}
  for i = 1, n do
    a[i] = rnd(n) - n / 2
    b[i] = "k" .. rnd(n)
    c[i] = {key = rnd(5), id = i}
    d[i] = n - i
  end
  table.sort(a) table.sort(b) table.sort(d, function(x, y) return x > y end)
  table.sort(c, function(x, y) return x.key < y.key end)
  local order = 0
  for i = 1, n do order = (order * 31 + c[i].id) % 1000003 end
  print(n, check(a, lt), check(b, lt), check(d, function(x, y) return x > y end), order)
end
print(pcall(table.sort, {1, 2, 3, 4}, function() return true end))
for n = 5, 40, 7 do
  local t = {}
  for i = 1, n do t[i] = i % 4 end
  io.write(tostring(pcall(table.sort, t, function(a, b) return a <= b end)), " ")
  for i = 1, n do t[i] = i % 4 end
  io.write(tostring(pcall(table.sort, t, function(a, b) return true end)), " ")
  for i = 1, n do t[i] = i % 4 end
  io.write(tostring(pcall(table.sort, t, function(a, b) return false end)), " ")
  for i = 1, n do t[i] = i end
  io.write(tostring(pcall(table.sort, t, function(a, b) return rnd(2) == 1 end)), " ")
end
print()
print(pcall(table.sort, {1, "x"}))
print(pcall(table.sort, {{}, {}}))
print(pcall(table.sort, {true, false}))
print(pcall(table.sort, {1, 2}, 5))
print(pcall(table.sort))
print(pcall(table.sort, {3, 2, 1}, function(a, b) error("stop", 0) end))
print(pcall(function() table.sort({3, 2, 1}, function(a, b) return a.x < b.x end) end))
-- The order function changes the table, grows the stack, makes garbage, sorts another table.
local t = {}
for i = 1, 50 do t[i] = (i * 7) % 50 end
local calls = 0
table.sort(t, function(a, b)
  calls = calls + 1
  local inner = {3, 1, 2}
  table.sort(inner, function(x, y) return x < y end)
  for i = 1, 10 do inner[i + 3] = {} end
  return a < b
end)
print(calls, table.concat(t, " "))
t = {5, 4, 3, 2, 1}
print(pcall(table.sort, t, function(a, b) t[6] = 0 t[#t + 1] = 9 return a < b end))
-- Adversarial input: a median-of-three killer, sorted, reversed, all equal.
local function killer(n)
  local a, gas, solid, candidate = {}, n, 0, 0
  local index, value = {}, {}
  for i = 1, n do index[i], value[i] = i, gas end
  table.sort(index, function(x, y)
    if value[x] == gas and value[y] == gas then
      if x == candidate then value[x] = solid else value[y] = solid end
      solid = solid + 1
    end
    if value[x] == gas then candidate = x elseif value[y] == gas then candidate = y end
    return value[x] < value[y]
  end)
  return value
end
local k = killer(1000)
table.sort(k, function(a, b) return a < b end)
print(check(k, lt))
local nan = {3, 0 / 0, 1, 2}
print(pcall(table.sort, nan))
for i = 1, 60 do
  local s = {i % 7, i % 5, i % 3, "no" and i % 2}
  table.sort(s)
  if i == 60 then print(table.concat(s, ",")) end
end
