-- string.format and tostring of every kind of value.
local n = tonumber((...)) or 200000
local format, total = string.format, 0
local words = { "a", "bc", "def" }
for i = 1, n do
  total = total + #format("%d", i) + #format("%5d|%-5d", i, i) + #format("%s", words[i % 3 + 1])
  total = total + #format("%x %X %o", i, i, i) + #format("%.3f", i / 7) + #format("%g", i / 8)
  total = total + #format("%10s|%-10s|%.2s", "one", "two", "three") + #format("%q", "a\n") + #format("%c%%", 65)
  total = total + #tostring(i / 4) + #tostring(i % 2 == 0)
end
print(total)
