-- ... in calls, constructors, returns and assignments.
local function count(...) return select("#", ...) end
local function pass(...) return ... end
local function first(...) return (...) end
local function tail(a, ...) return ... end
print(count(), count(nil), count(nil, nil), count(1, nil, 3))
print(pass(), "|", pass(1), "|", pass(1, 2, 3))
print((pass(1, 2, 3)), first(4, 5), first())
print(tail(1), tail(1, 2), tail(1, 2, 3))
local function pack(...) return {n = select("#", ...), ...} end
local t = pack(1, nil, 3)
print(t.n, t[1], t[2], t[3])
t = {pass(1, 2), pass(3, 4)}
print(#t, t[1], t[2], t[3])
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
print(sum(), sum(1), sum(1, 2, 3, 4, 5))
local function two(...) local a, b = ... return b, a end
print(two(1), two(1, 2), two(1, 2, 3))
local total = 0
for i = 1, 150 do total = total + sum(i, 1, 2) + count(pass(i, i)) end
print(total)
for i = 1, 150 do local a, b = two(i, total); total = a + b end
print(total)
local function rec(n, ...) if n == 0 then return count(...) end return rec(n - 1, n, ...) end
print(rec(100))
local function middle(...) return "a", ..., "b" end
print(middle(1, 2, 3))
print(select(2, "a", "b", "c"), select(-1, "a", "b", "c"), select("#"))
print(pcall(select, 0, 1))
print(pcall(select))
print(select(5, 1, 2))
