-- The length operator.
local t, sum = {}, 0
for i = 1, 100 do
  t[#t + 1] = i
  sum = sum + #t
end
print(#t, sum)
