-- Serialising: the type of what is decoded is guarded for; the buffer's start moves after that.
local buffer = require("string.buffer")
local b, sum, text = buffer.new(), 0, buffer.encode("text")
for i = 1, 100 do
  b:encode(i):encode({ i })
  sum = sum + b:decode() + b:decode()[1]
end
for i = 1, 100 do sum = sum + #buffer.decode(text) + #buffer.encode(i) end
print(sum)
