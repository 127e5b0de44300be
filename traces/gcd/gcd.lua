-- Euclid by modulo, in a function called from a loop.
local function gcd(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end
local sum = 0
for i = 1, 100 do sum = sum + gcd(i, 360) end
print(sum)
