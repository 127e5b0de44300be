-- table.new and table.clear; what is loaded after a clear is loaded again.
local new, clear = require("table.new"), require("table.clear")
local t, sum = new(4, 1), 0
for i = 1, 100 do
  t[1], t.x = i, i
  clear(t)
  sum = sum + #t + (t[1] or 1)
  local u = new(i, 0)
  u[1] = i
end
print(sum, t.x)
