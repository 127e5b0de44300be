-- A loop over pairs gets an iterator other than next while an outer activation of it is on its way: the outer one
-- goes on by its index, interpreted or in a trace that is recorded just then.
local original = next
local function generic(s, k) return original(s, k) end
local t = {}
for i = 1, 40 do t["k" .. i] = i end
local function walk(next, t, n, depth)
  local sum = 0
  for k, v in next, t do
    if depth > 0 then walk(generic, t, 3, 0) end
    for i = 1, n do sum = sum + 1 end
    sum = sum + v
  end
  return sum
end
print(walk(next, t, 200, 1))
print(walk(next, t, 200, 1))
