-- Metatables of basic types: loaded from the VM, for numbers behind the others; setting one drops all traces.
local words = { "one", "two", "three" }
debug.setmetatable(0, { __index = { word = function(n) return words[n % 3 + 1] end } })
debug.setmetatable(true, { __index = { yes = 5 } })
local s, n = nil, 0
for i = 1, 100 do s = i:word() end
for i = 1, 100 do n = n + (i % 2 == 0).yes end
print(s, n)
