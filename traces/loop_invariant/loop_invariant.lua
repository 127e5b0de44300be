-- What does not change is computed before LOOP.
local t = {scale = 4, offset = 2}
local sum = 0
for i = 1, 200 do
  local factor = t.scale * t.offset + math.sqrt(16)
  sum = sum + factor * i
end
print(sum)
