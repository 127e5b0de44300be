-- A counter beside the loop's own index, narrowed to an integer where that is safe.
local n = 0
for i = 1, 100 do
  n = n + 1
  if n == 50 then n = 0 end
end
print(n)
