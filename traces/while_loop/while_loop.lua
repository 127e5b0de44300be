-- LOOP rather than FORL: no hidden index.
local n, steps = 1000, 0
while n > 0 do
  n = n - 3
  steps = steps + 1
end
print(n, steps)
