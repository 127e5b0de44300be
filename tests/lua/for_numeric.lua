-- Numeric loops of all kinds: bounds, steps, changed variables, breaks.
local function trace(first, last, step)
  local line = ""
  for i = first, last, step do line = line .. i .. " " end
  print(line)
end
trace(1, 5, 1) trace(5, 1, 1) trace(5, 1, -1) trace(1, 1, 1) trace(1, 0, 1) trace(1, 10, 3)
trace(10, 1, -4) trace(0, 1, 0.25) trace(1, 0, -0.25) trace(-3, 3, 2) trace(0.5, 3, 1) trace(1, 2.9, 1)
trace("1", "3", "1")
for i = 1, 3 do local j = i; i = 10; print(i, j) end
for i = 1, 10 do if i > 3 then break end print(i) end
for i = 3, 1 do print("never") end
local n = 5
for i = 1, n do n = 2 if i == 5 then print("limit is fixed") end end
local count = 0
for i = 1, 12 do for j = i, 12 do for k = j, 12 do count = count + 1 end end end
print(count)
for i = 1, 0.5 do print("never") end
local sum = 0
for i = 0.1, 1, 0.1 do sum = sum + 1 end
print(sum)
for i = 1, 3, 1 / 0 do print("once", i) end
count = 0
for i = 1, 5, 0 do count = count + 1 if count > 3 then break end end
print(count)
for i = 2147483646, 2147483648 do print(i) end
print(pcall(function() for i = "x", 2 do end end))
print(pcall(function() for i = 1, {} do end end))
print(pcall(function() for i = 1, 2, nil do end end))
