-- bit.tohex is formatting, specialised to the number of digits.
local s, n = nil, -4
for i = 1, 100 do
  s = bit.tohex(i * 1000) .. " " .. bit.tohex(i, n)
end
print(s)
