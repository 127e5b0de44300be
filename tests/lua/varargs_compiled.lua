-- A trace through a call with more arguments than it has slots is not compiled.
local function collect(...)
  local sum = 0
  local packed = {...}
  for i = 1, #packed do sum = sum + packed[i] end
  return sum, select("#", ...)
end
local many = {}
for i = 1, 240 do many[i] = i end
local function pass(...) return collect(...) end
for i = 1, 100 do
  local sum, count = pass(unpack(many))
  if i % 50 == 0 then print(sum, count) end
end
local function known(...)
  local a, b, c = 1, 2, {...}
  return a, b, c
end
local function forward(...) return known(...) end
for i = 1, 100 do
  local a, b, c = forward(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55,
    56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84)
  if i == 100 then print(a, b, #c) end
end
