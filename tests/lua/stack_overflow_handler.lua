-- Message handlers that fail themselves, or run out of stack.
print(xpcall(error, function(m) error("x") end, "a"))
print(xpcall(error, function(m) error("x"..tostring(m)) end, "a"))
print(xpcall(error, function(m) return nil + 1 end, "a"))
print(xpcall(error, print, "a"))
local n = 0
print(xpcall(error, function(m) n = n + 1 if n < 5 then error("again", 0) end return m .. n end, "a"))
local function forever(n) return 1 + forever(n + 1) end
print(xpcall(forever, function(m) return forever(1) end, 1))
local n = 0
print(xpcall(forever, function(m) n = n + 1 return forever(1) end, 1))
print(n)
