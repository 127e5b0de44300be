-- Strings compare byte by byte; shorter is less; embedded zeros count.
local values = {"", "a", "A", "b", "aa", "ab", "a\0", "a\0b", "\255", "10", "9", "abc"}
for i = 1, #values do
  local line = ""
  for j = 1, #values do
    local a, b = values[i], values[j]
    line = line .. (a < b and "<" or a == b and "=" or ">") .. (a <= b and "1" or "0") .. (a >= b and "1" or "0") .. " "
  end
  print(line)
end
local less, equal = 0, 0
for i = 1, 240 do
  local a, b = values[i % 12 + 1], values[i * 5 % 12 + 1]
  if a < b then less = less + 1 end
  if a == b then equal = equal + 1 end
  if a ~= "abc" and b == "a" then equal = equal + 100 end
end
print(less, equal)
