-- Globals: set, read, undefined, functions, shadowed.
x = 1
function inc() x = x + 1 end
for i = 1, 200 do inc() end
print(x, undefined, type(undefined))
local x = "local"
print(x, type(inc))
y = nil
y = y or 5
print(y)
print = print
local saved = print
print = function(...) saved("wrapped", ...) end
print(1, 2)
print = saved
a, b, c = 1, 2, 3
a, b, c = c, a, b
print(a, b, c)
total = 0
for i = 1, 150 do total = total + i if i == 100 then step = "set" end if step then total = total + 1 end end
print(total, step)
function late() return later() end
function later() return "later" end
print(late())
for i = 1, 120 do if i == 60 then function later() return i end end if i > 118 then print(late()) end end
