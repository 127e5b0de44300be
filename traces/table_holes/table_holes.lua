-- nil in the array part: the loads are guarded by type.
local t = {}
for i = 1, 200 do t[i] = i end
for i = 2, 200, 2 do t[i] = nil end
local present, missing = 0, 0
for i = 1, 200 do
  if t[i] then present = present + 1 else missing = missing + 1 end
end
print(present, missing)
