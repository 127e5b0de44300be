-- Start, limit and step come from variables: all are checked when the trace is entered.
local function range(first, last, step)
  local sum = 0
  for i = first, last, step do sum = sum + i end
  return sum
end
print(range(1, 100, 1), range(5, 505, 5), range(100, 1, -1), range(0.5, 100, 1))
