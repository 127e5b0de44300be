-- Infinities.
local inf = 1 / 0
print(inf, -inf, inf == inf, inf > 1e308, -inf < -1e308, inf + 1 == inf, 1 / inf, -1 / inf)
print(inf - inf ~= inf - inf, inf * 0 ~= inf * 0, inf ^ 0, 0 ^ -1, math.floor(1.5))
local n = 0
for i = 1, 200 do
  if i / 0 == inf then n = n + 1 end
  if -i / 0 == -inf then n = n + 1 end
end
print(n)
local x, trips = 1, 0
while x < inf do x = x * 1e10; trips = trips + 1 end
print(x, trips)
for i = 1, inf do if i > 120 then print(i) break end end
print(math.huge == inf, -math.huge)
