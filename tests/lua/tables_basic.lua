-- Constructors, fields, indices, length.
local t = {1, 2, 3, x = 4, ["y z"] = 5, [10] = 6, [1.5] = 7, [true] = 8, nested = {a = {b = 9}}}
print(t[1], t[2], t[3], t[4], t.x, t["y z"], t[10], t[1.5], t[true], t.nested.a.b, t.missing, #t)
t.x = nil t[1] = nil t[3] = "three"
print(t.x, t[1], t[3])
local key = {}
t[key] = "by table" t[print] = "by function"
print(t[key], t[{}], t[print])
print(#{}, #{nil}, #{1, 2, 3, nil}, #{n = 1}, #{1, 2, nil, 4} >= 2)
local e = {f = function() return 1 end, [1] = "a", "b"}
print(e.f(), e[1])
local m = {1, 2, 3,}
local n = {1; 2; 3;}
print(#m, #n)
t = {}
t[1.0] = "one" t[2^53] = "big" t["1"] = "string"
print(t[1], t[2^53], t["1"])
print(pcall(function() t[nil] = 1 end))
print(t[nil])
local s = {}
for i = 1, 10 do s[i] = i * i end
for i = 1, 10 do s[i] = s[i] + (s[i - 1] or 0) end
print(s[10], #s)
local function f(...) return {...} end
print(#f(1, 2, 3), f("a", "b")[2])
local q = {[1] = "x", [2] = "y", [3] = "z"}
print(#q, q[2])
local big = {}
for i = 1, 100 do big[#big + 1] = i end
print(#big, big[100])
for i = 100, 51, -1 do big[i] = nil end
print(#big)
