-- Arguments too few and too many, results adjusted, calls without parentheses, chains.
local function f(a, b, c) return a, b, c end
print(f()) print(f(1)) print(f(1, 2, 3, 4)) print((f(1, 2))) print(f(f(1, 2), f(3, 4)))
local function s(x) return type(x) == "string" and "s:" .. x or type(x) end
print(s"lit", s'x', s[[long]], s{}, s{1}, (s"a"))
local obj = {v = 1}
function obj.get(self) return self.v end
function obj:add(n) self.v = self.v + n return self end
print(obj:add(2):add(3):get(), obj.get(obj), obj.v)
local nested = {a = {b = {}}}
function nested.a.b.f(x) return x * 2 end
function nested.a.b:g(x) return self == nested.a.b, x end
print(nested.a.b.f(4), nested.a.b:g(5))
local function compose(f, g) return function(...) return f(g(...)) end end
print(compose(function(a, b) return a + b end, function(a) return a, a * 10 end)(3))
print(#{f(1, 2, 3)}, #{f(1, 2, 3), 4}, #{(f(1, 2, 3))})
local n = 0
for i = 1, 200 do n = n + obj:add(1):get() + f(i) end
print(n)
local ops = {}
for i = 1, 4 do ops[i] = function(x) return x + i end end
local x = 0
for i = 1, 200 do x = ops[i % 4 + 1](x) % 1000 end
print(x)
print(type(print), type(f), print == print, f == f)
;(function(...) print(select("#", ...)) end)(nil, nil)
