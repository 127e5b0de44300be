-- Environments by level, down to what runs the main chunk.
print(getfenv(1) == _G, getfenv(2) == _G, getfenv(0) == _G)
print((select(2, pcall(getfenv, 2))) == _G, pcall(getfenv, 5))
local function f() return getfenv(3) == _G, pcall(getfenv, 6) end
print(f())
print(pcall(setfenv, 3, {}))
print(pcall(setfenv, 9, {}))
print(coroutine.wrap(function() return pcall(getfenv, 9) end)())
