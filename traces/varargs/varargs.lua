-- Varargs passed on and taken apart.
local function pack2(...) local a, b = ... return a, b end
local function sum(...) local x, y, z = ... return x + y + (z or 0) end
local total = 0
for i = 1, 200 do
  local a, b = pack2(i, 2)
  total = total + sum(a, b, 1)
end
print(total)
