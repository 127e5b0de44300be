-- table.concat, bit.tohex, table.new and table.clear in hot loops: all sorts of arguments, and errors.
local new, clear = require("table.new"), require("table.clear")
local list = { 1, "two", 3.5, -0, 1e100, "six" }

local function each(f, ...)
  local result
  for _ = 1, 80 do result = { pcall(f, ...) } end
  for i = 1, 2 do result[i] = tostring(result[i]) end
  print(result[1], result[2])
end

each(table.concat, list)
each(table.concat, list, ", ")
each(table.concat, list, 7)
each(table.concat, list, nil, 2)
each(table.concat, list, "", 3, 2)
each(table.concat, list, "-", "2", 4.9)
each(table.concat, list, "-", 2, 9)
each(table.concat, list, "-", -1, 3)
each(table.concat, { 1, {}, 3 }, ",")
each(table.concat, { 1, 2, nil, 4 }, ",", 1, 4)
each(table.concat, { 1, true }, ",")
each(table.concat, list, {})
each(table.concat, list, ",", "x")
each(table.concat, 5)
each(table.concat)

local function digits(n) return bit.tohex(0x1234abcd, n) end
for n = -9, 9 do each(digits, n) end
for _, n in ipairs { 253, 254, 255, 256, -253, -255, -256, 2 ^ 31, -2 ^ 31, "4", 2.5, {} } do each(digits, n) end
for _, x in ipairs { 0, -1, 2 ^ 31, 2 ^ 40 + 0.5, "17", {} } do each(bit.tohex, x) end

-- An element that stops being text in the middle of a loop; the string it was part of.
local t, s = { "a", "b" }, ""
for i = 1, 200 do
  if i == 150 then t[2] = false end
  local ok, part = pcall(table.concat, t, i)
  if ok then s = "<" .. part .. ">" .. part:upper() end
end
print(s)
s = ""
for i = 1, 200 do s = s .. table.concat(t, "", 1, 1) end
print(#s, s == ("a"):rep(200))

-- Tables that are made and cleared.
local sum = 0
for i = 1, 200 do
  local u = new(i % 7, i % 5)
  u[1], u.x, u[2] = i, i, i
  sum = sum + #u
  if i % 3 == 0 then clear(u) end
  sum = sum + #u + (u[1] or 0) + (u.x or 0)
end
print(sum)
each(function(a, b) return #new(a, b) end, 2 ^ 28, 0)
each(function(a, b) return #new(a, b) end, 0, 2 ^ 27)
each(function(a, b) return #new(a, b) end, 0, -1)
each(function(a, b) return #new(a, b) end, -5, 0)
