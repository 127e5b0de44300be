-- Message handlers that run out of stack, or fail otherwise.  luajit itself crashes on this in some modes.
local function f() return 1 + f() end
print(xpcall(0, function() return f() end))
print(xpcall(error, function() return f() end, "x"))
print(xpcall(error, function() error("second") end, "x"))
print(xpcall(error, function() error() end, "x"))
print(xpcall(function() local t = nil; t.x = 1 end, function() local t = nil; t.x = 1 end, "x"))
