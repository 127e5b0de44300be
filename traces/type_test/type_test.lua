-- type() is folded: its argument's type is known.
local values = {1, "a", true, 2}
local numbers, strings = 0, 0
for i = 1, 200 do
  local v = values[i % 4 + 1]
  if type(v) == "number" then numbers = numbers + 1
  elseif type(v) == "string" then strings = strings + 1 end
end
print(numbers, strings)
