-- A function made hot by calls from straight code: the trace starts at its head.
local s = 0
local function step(x) s = s + x * x end
local function block(x)
  step(x) step(x + 1) step(x + 2) step(x + 3) step(x + 4)
end
for i = 1, 30 do block(i) end
print(s)
