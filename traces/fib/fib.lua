-- Non-tail recursion, hot in a loop: the calls are unrolled into the trace as far as they go.
local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end
local sum = 0
for i = 1, 80 do sum = sum + fib(2) end
print(sum)
