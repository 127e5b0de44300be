-- string.buffer: what is put goes to the buffer without a string; a lone constant is part of the chain.
local buffer = require("string.buffer")
local b, other = buffer.new(), buffer.new():put("other")
for i = 1, 100 do
  b:reset():put("i = ", i, "; "):putf("%5.2f|%s", i / 3, "x")
  b:put(other, ("ab"):rep(i % 3))
end
print(#b, b)
