-- Integers leaving the range of 32 bits, in both directions, and coming back.
local function text(x) return string.format("%.17g", x) end
local x = 2147483640
for i = 1, 100 do x = x + 1 end
print(text(x))
x = -2147483640
for i = 1, 100 do x = x - 1 end
print(text(x))
x = 3
for i = 1, 40 do x = x * 3 end
print(text(x))
x = 2147483647
local y = 0
for i = 1, 200 do
  x = -x
  y = y + (x > 0 and 1 or 0)
end
print(text(x), y)
local big = 2147483647
local sum = 0
for i = 1, 100 do
  local v = big + i - i
  if v == big then sum = sum + 1 end
end
print(sum)
for i = 2147483640, 2147483652 do sum = sum + i end
print(text(sum))
for i = -2147483644, -2147483654, -1 do sum = sum + i end
print(text(sum))
local count = 0
for i = 9007199254740990, 9007199254740994, 2 do count = count + 1 end
print(count)
local m = -2147483648
print(text(-m), text(m - 1), text(m * -1), text(m * m), text(-m - 1))
local acc = 0
for i = 1, 100 do acc = acc + 2 ^ 31 end
print(text(acc))
local neg = -2147483648
for i = 1, 100 do
  local n = -neg
  if n ~= 2147483648 then print("wrong", n) break end
end
