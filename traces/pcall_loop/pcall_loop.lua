-- pcall is inlined as a frame of its own.
local sum = 0
for i = 1, 100 do
  local ok, value = pcall(math.floor, i / 2)
  if ok then sum = sum + value end
end
print(sum)
