-- All comparisons, with variables and constants, as values and as conditions.
local values = {-1, 0, 1, 2, 0.5, -0.5, 1e10, 2^31, -2^31, 1/0, -1/0}
local function bits(a, b)
  return (a == b and "e" or ".") .. (a ~= b and "n" or ".") .. (a < b and "l" or ".")
    .. (a <= b and "L" or ".") .. (a > b and "g" or ".") .. (a >= b and "G" or ".")
end
for i = 1, #values do
  local line = ""
  for j = 1, #values do line = line .. bits(values[i], values[j]) .. " " end
  print(line)
end
local n = {0, 0, 0, 0, 0, 0}
for i = 1, 200 do
  if i == 100 then n[1] = n[1] + 1 end
  if i ~= 100 then n[2] = n[2] + 1 end
  if i < 100 then n[3] = n[3] + 1 end
  if i <= 100 then n[4] = n[4] + 1 end
  if i > 100 then n[5] = n[5] + 1 end
  if i >= 100 then n[6] = n[6] + 1 end
end
print(n[1], n[2], n[3], n[4], n[5], n[6])
for i = 1, 200 do
  local x = i / 2
  if 50 == x then n[1] = n[1] + 1 end
  if 50 < x then n[3] = n[3] + 1 end
  if 50 >= x then n[4] = n[4] + 1 end
  if x == 50.5 or x ~= 20 and not (x > 3) then n[2] = n[2] + 1 end
end
print(n[1], n[2], n[3], n[4], n[5], n[6])
