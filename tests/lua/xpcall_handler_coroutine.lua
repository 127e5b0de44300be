-- Errors that a coroutine catches leave a message handler below it as it was. (In some modes luajit says otherwise of compiled code.)
jit.off()
local calls = 0
local function fails() calls = calls + 1 coroutine.wrap(function() pcall(error, "inner") end)() local x = nil + 1 end
print(xpcall(fails, function(m) fails() end), calls)
calls = 0
local function fails2() calls = calls + 1 coroutine.wrap(function() xpcall(error, function(m) return m end, "inner") end)() local x = nil + 1 end
print(xpcall(fails2, function(m) fails2() end), calls)
calls = 0
local function fails3() calls = calls + 1 coroutine.resume(coroutine.create(error), "inner") local x = nil + 1 end
print(xpcall(fails3, function(m) fails3() end), calls)
calls = 0
local function fails4() calls = calls + 1 if calls > 10 then return end pcall(error, "inner") local x = nil + 1 end
print(xpcall(fails4, function(m) fails4() return m end), calls)
