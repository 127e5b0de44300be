-- Closures that live shorter than an iteration, and some that live for a while.
local n = tonumber((...)) or 3000000
local ring, total = {}, 0
local function adder(k)
  return function(x) return x + k end
end
for i = 1, n do
  local add = adder(i)
  total = total + add(1)
  local own = i
  ring[i % 65536] = function() own = own + 1; return own end
  local old = ring[(i + 1) % 65536]
  if old then total = total - old() end
end
print(total)
