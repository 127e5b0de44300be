-- A tail call is a loop.
local function count(n, acc)
  if n == 0 then return acc end
  return count(n - 1, acc + n)
end
print(count(500, 0))
