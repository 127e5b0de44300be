-- Runaway recursion is an error that can be caught, again and again.
local function forever(n) return 1 + forever(n + 1) end
local depth = 0
local function count() depth = depth + 1 count() end
for i = 1, 3 do
  local ok, m = pcall(forever, 1)
  print(ok, type(m))
  depth = 0
  ok = pcall(count)
  print(ok, depth > 1000)
end
local function mutual_a(n) return mutual_b(n) + 1 end
function mutual_b(n) return mutual_a(n) + 1 end
print((pcall(mutual_a, 1)))
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
print(deep(1000), deep(5000))
