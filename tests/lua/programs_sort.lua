-- Sorting programs: quick, heap, insertion, merge.
local seed = 17
local function rnd(n) seed = (seed * 16807) % 2147483647 return seed % n end
local function make(n) local t = {} for i = 1, n do t[i] = rnd(1000) end return t end
local function checksum(t) local h = 0 for i = 1, #t do h = (h * 31 + t[i]) % 1000003 if i > 1 and t[i - 1] > t[i] then return "unsorted" end end return h end
local function quick(t, lo, hi)
  if lo >= hi then return end
  local p, i, j = t[(lo + hi - (lo + hi) % 2) / 2], lo - 1, hi + 1
  while true do
    repeat i = i + 1 until t[i] >= p
    repeat j = j - 1 until t[j] <= p
    if i >= j then break end
    t[i], t[j] = t[j], t[i]
  end
  quick(t, lo, j) quick(t, j + 1, hi)
end
local function insertion(t) for i = 2, #t do local v, j = t[i], i - 1 while j > 0 and t[j] > v do t[j + 1] = t[j] j = j - 1 end t[j + 1] = v end end
local function heap(t)
  local n = #t
  local function sift(lo, hi)
    local root = lo
    while root * 2 <= hi do
      local child = root * 2
      if child < hi and t[child] < t[child + 1] then child = child + 1 end
      if t[root] >= t[child] then return end
      t[root], t[child] = t[child], t[root]
      root = child
    end
  end
  for i = math.floor(n / 2), 1, -1 do sift(i, n) end
  for i = n, 2, -1 do t[1], t[i] = t[i], t[1] sift(1, i - 1) end
end
local function merge(t)
  if #t < 2 then return t end
  local a, b, mid = {}, {}, math.floor(#t / 2)
  for i = 1, #t do if i <= mid then a[i] = t[i] else b[i - mid] = t[i] end end
  a, b = merge(a), merge(b)
  local r, i, j = {}, 1, 1
  while i <= #a or j <= #b do
    if j > #b or (i <= #a and a[i] <= b[j]) then r[#r + 1] = a[i] i = i + 1 else r[#r + 1] = b[j] j = j + 1 end
  end
  return r
end
local t = make(300) quick(t, 1, #t) print(checksum(t))
t = make(120) insertion(t) print(checksum(t))
t = make(300) heap(t) print(checksum(t))
t = make(200) print(checksum(merge(t)))
