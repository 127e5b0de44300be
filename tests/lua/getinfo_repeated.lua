-- debug.getinfo of the same place again: a table of its own each time, with its own function.
local function f(o) return debug.getinfo(2, o) end
local function g() local t = f() return t end
for i = 1, 3 do
  local t = g()
  print(t.func == g, t.name, t.namewhat, t.currentline, t.what, t.nups, t.source, t.linedefined)
  t.name = "changed" t.func = nil
end
local function maker(x) return function() return debug.getinfo(1), x end end
local a, b = maker(1), maker(2)
for i = 1, 3 do local p, q = a(), b() print(p.func == a, q.func == b, p == q) end
print(debug.getinfo(print).what, debug.getinfo(print).func == print, debug.getinfo(pairs).func == pairs)
print(pcall(debug.getinfo, 1, "x"))
for i=1,600 do local h = loadstring("return debug.getinfo(1,'lnSf').currentline, debug.getinfo(1, 'f').func") local l, fn = h() assert(l == 1 and fn == h) end
collectgarbage()
for i = 1, 3 do local t = debug.getinfo(1, "fL") print(t.activelines[6], t.func ~= nil) end
