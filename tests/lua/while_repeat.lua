-- while and repeat, with break, locals in the condition and nested.
local i = 0
while i < 5 do i = i + 1 if i == 3 then break end end
print(i)
repeat local done = i > 6; i = i + 1 until done
print(i)
while false do print("never") end
repeat i = i - 1 until true
print(i)
local n, steps = 27, 0
while n ~= 1 do
  if n % 2 == 0 then n = n / 2 else n = 3 * n + 1 end
  steps = steps + 1
end
print(steps)
local outer = 0
while outer < 200 do
  local inner = 0
  repeat inner = inner + 1 until inner >= 3 or outer % 7 == 0
  outer = outer + inner
end
print(outer)
local fns = {}
local k = 0
repeat local copy = k; fns[#fns + 1] = function() return copy end; k = k + 1 until copy >= 3
for j = 1, #fns do print(fns[j]()) end
while true do k = k + 1 if k > 300 then break end end
print(k)
