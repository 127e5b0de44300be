-- require, module, package.*: on modules written for the purpose.
-- Few names: insertion will do.
local function sort(t)
  for i = 2, #t do
    local v, j = t[i], i - 1
    while j > 0 and t[j] > v do t[j + 1] = t[j]; j = j - 1 end
    t[j + 1] = v
  end
end
local d = os.tmpname()
os.remove(d)
os.execute("mkdir -p " .. d .. "/sub")
local function put(n, s)
local f = io.open(d .. "/" .. n, "w")
f:write(s)
f:close() end
put("m1.lua", "local n = ... x_m1 = n return {name = n}")
put("m2.lua", "x_m2 = (x_m2 or 0) + 1")
put("m3.lua", "return require('m3')")
put("m4.lua", "syntax error here")
put("m5.lua", "error('at load')")
put("m6.lua", "package.loaded[...] = 'set'")
put("sub/init.lua", "return 'sub init'")
put("sub/m7.lua", "module(..., package.seeall) function f() return print ~= nil end v = 7")
put("m8.lua", "module('m8') w = 8")
put("m9.lua", "return false")
local path = package.path
package.path = d .. "/?.lua;" .. d .. "/?/init.lua" package.cpath = d .. "/?.so"
local function clean(...)
local t = {} for i = 1, select("#", ...) do local s = tostring(select(i, ...)) while true do local a, b = s:find(d, 1, true) if not a then break end s = s:sub(1, a - 1) .. "D" .. s:sub(b + 1) end t[i] = s end return table.concat(t, "\t") end
print(require("m1").name, x_m1, require("m1") == require("m1"), package.loaded.m1 == require("m1"))
print(require("m2"), x_m2, require("m2"), x_m2)
print(clean(pcall(require, "m3")))
print(clean(pcall(require, "m4")))
print(clean(pcall(require, "m5")))
print(clean(pcall(require, "m5")))
print(require("m6"), require("sub"), require("m9"), package.loaded.m9)
require("sub.m7")
print(sub.m7.f(), sub.m7.v, sub.m7._NAME, sub.m7._PACKAGE, sub.m7._M == sub.m7, package.loaded["sub.m7"] == sub.m7)
print((pcall(require, "m8")))
print(m8.w, m8._PACKAGE, m8._NAME)
print(clean(pcall(require, "nope")))
print(clean(pcall(require, "no.pe")))
print(clean(package.searchpath("sub.m7", package.path)))
print(clean(package.searchpath("zz.y", package.path, ".")))
print(clean(package.searchpath("zz-y", package.path, "-", "+")))
package.preload.pre = function(...) return {...} end print(require("pre")[1], #require("pre"))
package.loaders[5] = function(n) return "\n\tmine: " .. n end print(clean(pcall(require, "nope2"))) package.loaders[5] = nil
print(package.config)
print(#package.loaders)
local k = {} for n in pairs(package) do k[#k + 1] = n end sort(k)
print(table.concat(k, " "))
local k = {} for n in pairs(package.loaded) do k[#k + 1] = n end sort(k)
print(table.concat(k, " "))
print(require("bit") == bit, require("jit") == jit, require("jit.opt") == jit.opt, jit.util)
print(pcall(module, "string.x.y"))
print(type(string.x.y)) x_str = "s" print(pcall(module, "x_str"))
print(pcall(module))
print(pcall(module, "mm")) 
print(clean(package.loadlib(d .. "/none.so", "f")))
print(pcall(package.seeall))
local t = {} package.seeall(t)
print(t.print == print)
package.path = nil print(pcall(require, "q")) package.path = path package.preload = 1 print(pcall(require, "q")) package.loaders = 1 print(pcall(require, "q"))
os.execute("rm -r " .. d)
