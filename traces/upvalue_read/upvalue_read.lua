-- A constant upvalue is a constant of the trace.
local scale = 3
local function scaled(x) return x * scale end
local sum = 0
for i = 1, 200 do sum = sum + scaled(i) end
print(sum)
