-- The sieve of Eratosthenes on a table.
local composite, primes = {}, 0
for i = 2, 500 do
  if not composite[i] then
    primes = primes + 1
    for j = i * i, 500, i do composite[j] = true end
  end
end
print(primes)
