-- A constant on the left of a comparison, a value from memory on the right; also where nothing is folded.
local n, m = 0, 0
local t = {1, 2, 3}
for i = 1, 100 do
  if 1 == t[i % 3 + 1] then n = n + 1 end
  if 2 ~= t[i % 3 + 1] then m = m + 1 end
end
print(n, m)
for a = 1, 3 do for b = a, a do n = n + 1 end end
print(n)
