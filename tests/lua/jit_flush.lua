-- Traces are thrown away while loops run that were compiled, and while they are recorded.
local x = 0
for i = 1, 600 do
  x = x + i
  if i % 100 == 0 then jit.flush() end
  if i % 3 == 0 then x = x - 1 end
end
print(x)

local function f(n)
  if n % 40 == 0 then jit.flush() end
  if n == 0 then return 0 end
  return 1 + f(n - 1)
end
for i = 1, 10 do x = x + f(60) end
print(x)

for i = 1, 120 do
  for j = 1, 10 do
    x = x + j
    if i % 50 == 0 and j == 5 then jit.flush() end
  end
end
print(x)

for i = 1, 150 do
  pcall(jit.flush)
  x = x + 1
end
print(x)

local function g(a)
  for i = 1, 3 do a = a + i end
  return a
end
for i = 1, 150 do
  if i % 20 == 0 then jit.flush(g) end
  x = g(x)
end
print(x)

for i = 1, 60 do
  jit.off(g)
  x = g(x)
  jit.on(g)
  jit.flush(g, true)
  jit.flush(1)
end
print(x)

for i = 1, 120 do
  jit.off()
  x = x + 1
  jit.on()
  x = x + i
end
print(x)
print(pcall(jit.flush, print))
print(pcall(jit.flush, {}))
