-- A store feeds the next load; the first of two stores is dead.
local t = {0, 0}
for i = 1, 200 do
  t[1] = i
  local x = t[1]
  t[1] = x + 1
  t[2] = t[2] + t[1]
end
print(t[1], t[2])
