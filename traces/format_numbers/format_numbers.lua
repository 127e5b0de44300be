-- string.format of doubles: %d and %x of what is no integer on trace, %g and %.2f.
local s
local x = 0.5
for i = 1, 80 do
  x = x + 1.25
  s = ("%d %x %g %.2f %q"):format(x, x, x, x, s and "again" or "first")
end
print(s)
