-- Constant small exponents become products, others a call.
local a, b, c = 0, 0, 0
for i = 1, 100 do
  a = a + i ^ 2
  b = b + i ^ 0.5
  c = c + 2 ^ (i % 10)
end
print(a, string.format("%.10g", b), c)
