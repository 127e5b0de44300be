-- Numbers in the order that is worst for the quicksort of table.sort: made by an order function that decides as
-- late and as badly as it can (McIlroy's adversary).
local function adversary(n)
  local values, items, gas, solid, candidate = {}, {}, n + 1, 0, 0
  for i = 1, n do values[i], items[i] = gas, i end
  table.sort(items, function(x, y)
    if values[x] == gas and values[y] == gas then
      local frozen = x == candidate and x or y
      solid = solid + 1
      values[frozen] = solid
    end
    if values[x] == gas then candidate = x elseif values[y] == gas then candidate = y end
    return values[x] < values[y]
  end)
  return values
end
for _, n in ipairs { 10, 100, 1000, 3000 } do
  local values = adversary(n)
  for repetition = 1, 3 do
    local copy, sum = {}, 0
    for i = 1, n do copy[i] = values[i] % (n * repetition) end
    table.sort(copy)
    for i = 2, n do
      assert(copy[i - 1] <= copy[i])
      sum = sum + copy[i] * i % 7
    end
    print(n, copy[1] <= copy[n], sum > 0)
  end
end
for size = 0, 40 do
  local list = {}
  for i = 1, size do list[i] = i * 7919 % 31 - 15.5 end
  table.sort(list)
  print(table.concat(list, " "))
end
