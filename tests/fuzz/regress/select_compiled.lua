-- select with the number as a string, in traces that do not know how many arguments there are.  luajit itself crashes on this in some modes.
local select = select

local function nth(...)
  local result
  for _ = 1, 100 do result = select("1", ...) end
  return result
end
local function last(index, ...)
  local result
  for _ = 1, 100 do result = select(index, ...) end
  return result
end
print(last("2", 1, 2, 3, 4), last("0x3", 1, 2, 3, 4), last("5", 1, 2, 3, 4), last(1, 1, 2))
for i = 1, 3 do print(nth(i, i + 1)) end
print(pcall(last, "x", 1, 2))
