-- random: ranges and errors (the numbers themselves follow from the seed alone).
math.randomseed(42)
local ok, low, high = true, 1, 0
for i = 1, 1000 do
  local r = math.random()
  if r < 0 or r >= 1 then ok = false end
  if r < low then low = r end
  if r > high then high = r end
  local d = math.random(6)
  if d < 1 or d > 6 or d ~= math.floor(d) then ok = false end
  local e = math.random(-5, 5)
  if e < -5 or e > 5 or e ~= math.floor(e) then ok = false end
end
print(ok, low < 0.1, high > 0.9)
math.randomseed(7)
local a, b, c = math.random(), math.random(100), math.random(10, 20)
math.randomseed(7)
print(a == math.random(), b == math.random(100), c == math.random(10, 20))
math.randomseed(42)
print(string.format("%.14g", math.random()), math.random(1000000), math.random(-1000, 1000))
print(pcall(math.random, 0)) print(pcall(math.random, 2, 1))
