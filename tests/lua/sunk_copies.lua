-- Two copied tables that a side trace makes again: their keys are where they are in the templates, unguarded.
local seen, n = {}, 0
local function work(...)
  for i = 1, 3 do
    local t = {x = i, y = 1, n}
    if n ~= 5 then t = {y = 1, x = i} end
    seen[3] = #"xy" % (seen[i] or 2) + 1
    n = 3
  end
  return select("#", ...), ...
end
for _ = 1, 58 do n = work(1) end
print(n, seen[3])
local out, kept = 0, {}
for i = 1, 200 do
  local a, b = {x = i, y = 2}, {z = i, y = 3, 7}
  if i % 3 == 0 then kept[#kept + 1] = a end
  if i % 5 == 0 then kept[#kept + 1] = b end
  out = out + a.x + a.y + b.z + b[1]
end
for _, t in ipairs(kept) do out = out + (t.x or 0) * 3 + (t.z or 0) * 7 + t.y end
print(out, #kept)
