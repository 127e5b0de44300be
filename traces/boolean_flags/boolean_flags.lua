-- Booleans are guarded by value.
local flag, on = false, 0
for i = 1, 200 do
  flag = not flag
  if flag then on = on + 1 end
end
print(flag, on)
