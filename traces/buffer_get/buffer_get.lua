-- Taking from a buffer: its fields are forwarded up to the next operation, and their stores merged.
local buffer = require("string.buffer")
local b, n = buffer.new(), 0
for i = 1, 100 do
  b:put("abc", i)
  local x, y = b:get(2, 1)
  b:skip(1)
  n = n + #x + #y + #b
end
print(n, b:get(10), #tostring(b))
