-- A dispatch by elseif: one side trace per case.
local counts = {0, 0, 0, 0}
for i = 1, 800 do
  local k = i % 4
  if k == 0 then counts[1] = counts[1] + 1
  elseif k == 1 then counts[2] = counts[2] + i
  elseif k == 2 then counts[3] = counts[3] - 1
  else counts[4] = counts[4] + 0.5 end
end
print(counts[1], counts[2], counts[3], counts[4])
