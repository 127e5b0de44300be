-- The sieve of Eratosthenes on a table, again and again.
local rounds = tonumber((...)) or 120
local size = 400000
local flags, count = {}, 0
for i = 1, size do flags[i] = true end
for round = 1, rounds do
  count = 0
  for i = 2, size do flags[i] = true end
  for i = 2, size do
    if flags[i] then
      count = count + 1
      for j = i + i, size, i do flags[j] = false end
    end
  end
end
print(count)
