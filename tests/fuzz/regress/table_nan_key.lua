-- A trace that makes new keys of numbers meets NaN.
local function fill(t, base, step, n)
  for i = 1, n do
    t[base + i * step] = i
    t.count = (t.count or 0) + 1
  end
  return t.count
end
for _ = 1, 5 do print(fill({}, 0.5, 1, 60)) end
for size = 0, 70, 10 do
  local t = {}
  fill(t, 0.5, 1, size)
  print(pcall(fill, t, 0 / 0, 1, 60), t.count)
  print(fill(t, 100.5, 1, 60))
end
print(pcall(fill, {}, -1 / 0, 1 / 0, 60))
