-- Equality of different types is false; order of different types is an error.
local t, u, f = {}, {}, function() end
local values = {1, "1", true, false, t, u, f, print}
for i = 1, #values do
  local line = ""
  for j = 1, #values do line = line .. (values[i] == values[j] and "=" or ".") end
  print(line, values[i] == nil, nil ~= values[i])
end
print(nil == nil, nil == false, false == false, not nil == true, not 0, not "")
local errors = 0
for i = 1, 150 do
  local a, b = values[i % 8 + 1], values[i * 3 % 8 + 1]
  local ok = pcall(function() return a < b end)
  if not ok then errors = errors + 1 end
end
print(errors)
local x, changed = nil, 0
for i = 1, 200 do
  if x == nil then x = i elseif x == 77 then x = "s" elseif x == "s" then x = true elseif x == true then x = t
  elseif x == t then x = false elseif x == false then x = nil else x = i % 10 == 7 and 77 or i end
  if not x then changed = changed + 1 end
end
print(type(x), changed)
