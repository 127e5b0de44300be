-- What a new table has not: a load of it is nil without looking.
local hits = 0
for i = 1, 200 do
  if ({i, i + 1, i + 2})[0] == nil then hits = hits + 1 end
  if ({i, i + 1})[4] == nil then hits = hits + 1 end
  local t = {i}
  if t.x == nil and t[2] == nil then hits = hits + 1 end
  if ({1, 2, x = 3}).y == nil then hits = hits + 1 end
end
print(hits)
