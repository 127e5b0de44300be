-- Upvalues: shared, per iteration, nested, closed at every way out of a block.
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end, function(v) n = v end
end
local inc, get, set = counter()
print(inc(), inc(), get()) set(10) print(inc(), get())
local inc2, get2 = counter()
print(inc2(), get(), get2())
local fns = {}
for i = 1, 3 do fns[i] = function() i = i + 1 return i end end
print(fns[1](), fns[1](), fns[2](), fns[3]())
for i = 1, 3 do local j = i * 10; fns[i] = function(d) j = j + d return j end if i == 2 then break end end
print(fns[1](1), fns[2](2), fns[1](3))
local function outer(a)
  return function(b)
    return function(c) a = a + 1; b = b + a; return a, b, c end
  end
end
local f = outer(1)
local g, h = f(10), f(20)
print(g(1)) print(h(2)) print(g(3))
local x = 1
local function readx() return x end
local function setx(v) x = v end
for i = 1, 150 do setx(readx() + i) end
print(x, readx())
local sum = 0
for i = 1, 150 do
  local function add(y) return i + y end
  sum = sum + add(1)
end
print(sum)
local function fix(n) local self function self(k) if k == 0 then return n end return self(k - 1) end return self end
print(fix(42)(50))
local a, b = {}, {}
do local shared = 0; a.f = function() shared = shared + 1 return shared end; b.f = a.f end
print(a.f(), b.f(), a.f())
local function ret(i) local v = i; if i > 1 then return function() return v end end return nil end
print(ret(1), ret(5)())
while true do local v = 3; fns[1] = function() v = v + 1 return v end break end
print(fns[1](), fns[1]())
