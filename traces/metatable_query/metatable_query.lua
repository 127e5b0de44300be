-- getmetatable sees __metatable, debug.getmetatable does not; that of a file never changes.
local plain, hidden = {}, { __metatable = "hidden" }
local t, u, n = setmetatable({}, plain), setmetatable({}, hidden), 0
for i = 1, 100 do
  if getmetatable(t) == plain and getmetatable(u) == "hidden" then n = n + 1 end
end
for i = 1, 100 do
  if debug.getmetatable(u) == hidden and not debug.getmetatable(i) then n = n + 1 end
end
for i = 1, 100 do
  if getfenv(0) == _G and not debug.getmetatable(plain) then n = n + 1 end
end
for i = 1, 100 do io.stdout:flush() end
print(n)
