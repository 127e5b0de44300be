-- Tables that live shorter than an iteration, and some that live for a while.
local n = tonumber((...)) or 3000000
local ring, total = {}, 0
for i = 1, n do
  local point = { x = i, y = i + 1 }
  local pair = { i, point.x }
  local box = { inner = pair, [i % 8] = true }
  ring[i % 65536] = box
  local old = ring[(i + 1) % 65536]
  if old then total = total + old.inner[1] - pair[2] + #pair end
end
print(total)
