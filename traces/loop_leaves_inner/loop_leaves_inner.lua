-- A trace of the inner loop runs to the end of the outer.
local count = 0
for i = 1, 100 do
  local j = i
  while true do
    j = j - 1
    count = count + 1
    if j < 1 then break end
  end
end
print(count)
