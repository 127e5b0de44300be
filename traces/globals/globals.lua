-- Globals are fields of the environment.
total = 0
limit = 200
function bump(x) total = total + x end
for i = 1, limit do bump(i) end
print(total)
