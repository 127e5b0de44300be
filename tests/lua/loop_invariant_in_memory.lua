-- What a variable becomes in each round does not change in the loop, and stands in memory across its calls.
local list, before, now = {}, 0, 0
list[2 ^ 53] = 1
for j = 1, 3 do
  for i = 0, 3 do
    before = next(list) == nil and 1 or now
    now = 100 - j
  end
  print(j, before, now)
end
local function last(n)
  local a, b, c = 0, 1, 2
  for i = 1, n do
    for k = 1, 4 do
      if next(list) then a, b, c = b, c, n * i end
    end
  end
  return a, b, c
end
for n = 1, 60, 7 do print(last(n)) end
