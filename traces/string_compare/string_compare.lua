-- Strings compare by identity for ==, by order for <.
local names = {"apple", "banana", "cherry", "apple"}
local same, less = 0, 0
for i = 1, 200 do
  local a, b = names[i % 4 + 1], names[(i + 1) % 4 + 1]
  if a == b then same = same + 1 end
  if a < b then less = less + 1 end
end
print(same, less)
