-- Comparisons and swaps in an array.
local t = {}
for i = 1, 60 do t[i] = i * 37 % 61 end
for i = 1, #t do
  for j = 1, #t - i do
    if t[j] > t[j + 1] then t[j], t[j + 1] = t[j + 1], t[j] end
  end
end
print(t[1], t[2], t[30], t[60])
