-- Strings that live shorter than an iteration, and some that live for a while.
local n = tonumber((...)) or 1000000
local ring, total = {}, 0
for i = 1, n do
  local name = "name" .. i
  local piece = name:sub(3)
  ring[i % 65536] = piece .. "-" .. i % 1000
  local old = ring[(i + 1) % 65536]
  if old then total = total + #old end
  total = total + #tostring(i) + piece:byte(1)
end
print(total)
