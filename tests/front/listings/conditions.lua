-- Jump lists: values carried by tests, inverted comparisons, constants in conditions.
local a, b, c = ...
local x = a and b or c
local y = not (a and b) or not c
local z = a == nil and 1 or "two"
local w = (a < b) == (c >= 1)
if a and (b or c) and not x then y = 1 elseif nil then y = 2 elseif 1 then y = 3 else y = 4 end
x = a and a or a
x = false or nil and 1 or a ~= "s"
x = a == b or a <= b and b > c
while not a do a = b or c end
repeat local u = a and b until u or not c
return a and f(x) or y and b, not not a, (a or b)
