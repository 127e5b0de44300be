-- Finalizers run although the program does nothing but go round a compiled loop.
local ran = 0
for i = 1, 100 do
  local proxy = newproxy(true)
  getmetatable(proxy).__gc = function() ran = ran + 1 end
end
local n = os.getenv("JITVM_GCSTRESS") and 5000 or 500000
for i = 1, n do Kept = {i} end
print(ran > 0, Kept[1] == n)
