-- A float step keeps the index a number, never an integer.
local sum, trips = 0, 0
for x = 0, 12.5, 0.125 do
  sum = sum + x
  trips = trips + 1
end
print(sum, trips)
