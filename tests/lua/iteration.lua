-- pairs, ipairs, next and closures as iterators.
local t = {10, 20, 30}
for i, v in ipairs(t) do print(i, v) end
for k, v in pairs(t) do print(k, v) end
for i, v in ipairs({1, nil, 3}) do print(i, v) end
for k in pairs({}) do print("never") end
for i in ipairs({}) do print("never") end
print(next({})) print(next({5})) print(next({5}, 1)) print(type(next))
local mixed = {1, 2, 3, x = 10, y = 20, [100] = 30}
local n, sum = 0, 0
for k, v in pairs(mixed) do n = n + 1 sum = sum + v end
print(n, sum)
for k in pairs(mixed) do mixed[k] = nil end
print(next(mixed))
local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i, i * i end end end
sum = 0
for i, sq in range(200) do sum = sum + sq - i end
print(sum)
local function stateless(limit, i) i = i + 1 if i <= limit then return i end end
sum = 0
for i in stateless, 200, 0 do sum = sum + i end
print(sum)
local big = {}
for i = 1, 300 do big[i] = i end
sum = 0
for k = 1, 5 do for i, v in ipairs(big) do sum = sum + v if v > 250 then break end end end
print(sum)
sum = 0
for k = 1, 5 do for key, v in pairs(big) do sum = sum + key + v end end
print(sum)
local k, v = next(big)
local steps = 0
while k do steps = steps + v k, v = next(big, k) end
print(steps)
for i, v in ipairs(big) do if i == 100 then big[101] = nil end if i > 100 then print("past") end end
print(pcall(next, {}, "nokey"))
print(pcall(function() for x in 5 do end end))
print(pcall(function() for x in nil do end end))
print(pcall(ipairs)) print(pcall(pairs, nil))
for a, b, c, d in function(s, c) if c < 2 then return c + 1, s, "third" end end, "state", 0 do print(a, b, c, d) end
local changed = {}
for i = 1, 100 do changed[i] = i end
for key in pairs(changed) do changed[key] = changed[key] * 2 end
print(changed[1], changed[100])
