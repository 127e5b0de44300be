-- A step of collectgarbage is a small part of a cycle, and grows with its argument.
local function steps(size)
  collectgarbage()
  local n = 0
  repeat n = n + 1 until collectgarbage("step", size)
  return n
end
print(steps() > 1)
local list = {}
for i = 1, 20000 do list[i] = {i} end
local one, two, ten, all = steps(0), steps(1), steps(10), steps(100000)
print(one > 300, two < one * 0.7, ten < two * 0.3, all)
