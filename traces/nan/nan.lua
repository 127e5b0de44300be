-- NaN compares unequal to all, itself included.
local nan = 0/0
local eq, ne, lt, ge = 0, 0, 0, 0
local x = 1
for i = 1, 200 do
  if i == 100 then x = nan end
  if x == x then eq = eq + 1 else ne = ne + 1 end
  if x < i then lt = lt + 1 end
  if not (x < i) then ge = ge + 1 end
end
print(eq, ne, lt, ge)
