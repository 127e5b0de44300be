-- table.concat puts the elements in one call; its string can go on being built on.
local words = { "a", 1, 2.5, "d" }
local s
for i = 1, 100 do
  s = "<" .. table.concat(words, ", ", i % 3 + 1) .. ">"
end
print(s)
for i = 1, 100 do s = table.concat(words) end
print(s)
