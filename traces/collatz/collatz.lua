-- A while loop with a branch on parity: the trace of one parity leads to that of the other.
local longest, start = 0, 0
for n = 1, 100 do
  local steps, x = 0, n
  while x ~= 1 do
    if x % 2 == 0 then x = x / 2 else x = 3 * x + 1 end
    steps = steps + 1
  end
  if steps > longest then longest, start = steps, n end
end
print(longest, start)
