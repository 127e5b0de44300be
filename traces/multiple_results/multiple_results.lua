-- Results adjusted to two, to one by parentheses, and passed on by a call.
local function three(x) return x, x + 1, x + 2 end
local function sum3(a, b, c) return a + b + c end
local a, b, total = 0, 0, 0
for i = 1, 200 do
  local p, q = three(i)
  a = a + p
  b = b + (three(q))
  total = total + sum3(three(i))
end
print(a, b, total)
