-- Concatenation of strings and numbers through a buffer.
local s = ""
for i = 1, 120 do s = s .. i % 10 end
local t
for i = 1, 120 do t = "item " .. i .. "!" end
print(#s, s, t)
