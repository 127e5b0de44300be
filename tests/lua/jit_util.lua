-- jit.util on functions and prototypes.
local ju = require("jit.util")
local function keys(t) local k = {} for n, v in pairs(t) do k[#k+1] = n .. "=" .. (type(v) == "proto" and "proto" or n == "addr" and "addr" or tostring(v)) end for i=2,#k do local v=k[i] local j=i-1 while j>0 and k[j]>v do k[j+1]=k[j] j=j-1 end k[j+1]=v end return table.concat(k, " ") end
local up = 1
local function f(a, b, ...) local t = {1, 2, x = up} for i = 1, 10 do t[i] = i + 1.5 end return function() return a, "str" end end
print(keys(ju.funcinfo(f))) print(keys(ju.funcinfo(f, 3))) print(keys(ju.funcinfo(f, 1000))) print(keys(ju.funcinfo(print))) print(keys(ju.funcinfo(string.gmatch("", ""))))
local p = ju.funcinfo(f).proto print(type(p), tostring(p):match("^proto: 0x%x+$") ~= nil, keys(ju.funcinfo(p)) == keys(ju.funcinfo(f)))
for pc = 0, 30 do print(pc, ju.funcbc(f, pc)) end
for i = -5, 3 do local k = ju.funck(f, i) print(i, type(k), type(k) == "string" and k or type(k) == "number" and k or "") end
print(ju.funcuvname(f, 0), ju.funcuvname(f, 1)) print(pcall(ju.funcbc, print, 1)) print(pcall(ju.funcinfo, 1)) print(pcall(ju.funcinfo)) print(pcall(ju.funcbc, f))

print(type(ju.ircalladdr(0)), select("#", ju.ircalladdr(500)))
