local mt = {}
local n = 0
for i = 1, 100 do
  local t = setmetatable({i}, mt)
  if getmetatable(t) == mt then n = n + t[1] end
  n = n + #tostring(i) + #(("x"):rep(2))
end
print(n)
