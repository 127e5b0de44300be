-- A trace of a pairs loop is left where a traversal ends, and the side trace from there goes on in the caller. Keys
-- of another type leave by the same exit, and the side trace at once: the traversal goes on in the interpreter.
local function count(t, n)
  for _ in pairs(t) do n = n + 1 end
  return n
end
local function closure() return function() end end
local t, names, n = {}, { v = 0, w = 0, x = 1, y = 2, z = 3 }, 0
for i = 1, 120 do
  for j = 1, 100 do t[j] = j end
  closure() -- ends every recording that comes from the inner loop
  n = n + count(names, 0)
end
jit.off() -- no trace will ever start at that exit
print(n, count({ 1, 2, 3 }, 0), count({ true, x = 1, [0.5] = 2, [false] = 3 }, 0))
