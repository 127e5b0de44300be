-- Three nested loops with a product in the innermost.
local n = tonumber((...)) or 900
local x = 0
for i = 1, n do
  for j = 1, n do
    for k = 1, n do x = (x + i * j + k) % 1000003 end
  end
end
print(x)
