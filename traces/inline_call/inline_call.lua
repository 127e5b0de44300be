-- A Lua function is inlined; its frame leaves no trace but a guard on the function.
local function add(x, y) return x + y end
local sum = 0
for i = 1, 200 do sum = add(sum, i) end
print(sum)
