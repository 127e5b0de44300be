-- Three levels: the middle and the outer loop are reached through exits.
local count = 0
for i = 1, 20 do
  for j = 1, 20 do
    for k = 1, 20 do
      count = count + (i + j + k)
    end
  end
end
print(count)
