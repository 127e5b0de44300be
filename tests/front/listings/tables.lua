-- Constructors: templates, fields without value, the last call, byte and string keys.
local e, k = {}, ...
local t1 = {1, 2, 3}
local t2 = {x = 1, y = "s", [true] = false, [1.5] = 2, [0] = 1}
local t3 = {1, x = f(), y = 2, z = k, nil, 4}
local t4 = {f()}
local t5 = {1, 2, f()}
local t6 = {f(), 1, ...}
local t7 = {[k] = 1, [f()] = f(), k = k; k}
local t8 = {{}, {1}, {x = {}}}
local t9 = {nil, nil}
t1[1] = t1[255] + t1[256] + t1[-1] + t1.x + t1["y"] + t1[1.5]
t1[k], t1.x, t1[0] = t2[k], nil, true
function t1.f(x) return x end
function t1.a.b:c(...) return self, ... end
t1:f(k):g "s" {1}
return #t1, -#t2, {...}
