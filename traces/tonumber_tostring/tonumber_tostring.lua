-- Conversions in both directions.
local sum, s = 0, ""
for i = 1, 200 do
  s = tostring(i)
  sum = sum + tonumber(s)
end
print(sum, s)
