-- Functions in a table, called by index: each is a guard.
local operations = {
  function(x) return x + 1 end,
  function(x) return x * 2 % 1000 end,
}
local x = 1
for i = 1, 200 do x = operations[i % 2 + 1](x) end
print(x)
