-- Strings made of bytes.
local char = string.char
local last
for i = 1, 200 do last = char(65 + i % 26) end
print(last, string.rep("ab", 3))
