-- Constant keys: HREFK with its slot checked once.
local p = {x = 0, y = 1}
for i = 1, 200 do
  p.x = p.x + p.y
  p.y = p.y + 0.5
end
print(p.x, p.y)
