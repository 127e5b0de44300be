-- A loop of the library: its first step has no index yet, only zero, and must not leave the trace.
local t = {x = 1, y = 2, z = 3, 10, 20, 30}
local sum = 0
local function add(_, value) sum = sum + value end
for i = 1, 40 do table.foreach(t, add) end
print(sum)
