-- The condition is at the end and sees the body's local.
local n = 0
repeat
  local half = n / 2
  n = n + 1
until half >= 60
print(n)
