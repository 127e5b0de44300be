-- string.format is specialised to its format string: one buffer operation per directive, constants are merged.
local s
for i = 1, 80 do
  s = string.format("%d: %5d|%-3x %s%% %c", i, i * 2, i, "of", 65 + i % 26)
end
print(s)
