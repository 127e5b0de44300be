-- A buffer that is set has a string's bytes, without a copy, until something is put; reset is specialised to that.
local buffer = require("string.buffer")
local b, s, n = buffer.new(), "a string", 0
for i = 1, 100 do
  b:set(s)
  n = n + #b
  b:reset()
end
for i = 1, 100 do
  b:set(s):put("!")
  n = n + #b
end
print(n, b)
