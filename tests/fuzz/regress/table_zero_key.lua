-- -0 and 0 are one key, of new tables in compiled loops too.
local sum, missing = 0, 0
for i = 1, 100 do
  local t = {[true] = 1, [-0] = i}
  sum = sum + t[0]
  local u = {}
  u[-0] = i
  u[0] = (u[0] or missing) + 1
  local v = {x = 1}
  v[0] = 7
  v[-0] = (v[-0] or missing) + u[-0]
  sum = sum + u[-0] + v[0]
end
print(sum)
local function set(t, k, v) t[k] = v return t[0], t[-0] end
for i = 1, 60 do
  local a, b = set({x = 1}, i % 2 == 0 and 0 or -0, i)
  if a ~= i or b ~= i then print("lost", i, a, b) end
end
