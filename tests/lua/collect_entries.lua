-- A loop whose trace is left for a side trace in every round, before it closes: the garbage it makes is collected.
local ring, total = {}, 0
for i = 1, 400000 do
  local point = { x = i, y = i + 1 }
  local pair = { i, point.x }
  local box = { inner = pair, [i % 8] = true }
  ring[i % 64] = box
  local old = ring[(i + 1) % 64]
  if old then total = total + old.inner[1] - pair[2] + #pair end
end
print(total, collectgarbage("count") < 30000)
