-- Messages of assert that are numbers, metatables of numbers, the globals of chunks loaded under another environment.
print(pcall(function() assert(false, 42) end))
print(type(select(2, pcall(assert, false, 42))), pcall(assert, nil, {} and true))
debug.setmetatable(1, {__tostring = function(n) return "number!" end})
print(1, 2.5)
io.write(1, "\n")
print(tostring(3))
debug.setmetatable(1, nil)
print(4)
debug.setmetatable("", {__tostring = function() return "string!" end, __index = string})
print("as it is", tostring("as it is"))
debug.setmetatable("", {__index = string})

local globals = getfenv(0)
local other = {loadstring = loadstring, getfenv = getfenv}
setfenv(0, other)
local inner = loadstring("")
setfenv(0, globals)
print(getfenv(inner) == other, getfenv(loadstring("")) == globals)
local co = coroutine.wrap(function()
  setfenv(0, other)
  return loadstring("")
end)
print(getfenv(co()) == other, getfenv(loadstring("")) == globals)

print(package.loadlib(("/path"):rep(1024), "f"))
print(select(3, package.loadlib("/nonexistent.so", "f")), package.loadlib("libm.so.6", "*"))
print(select(3, package.loadlib("libm.so.6", "luaopen_nothing")))

-- The message ends at a zero byte, as one that goes through C does.
for i = 1, 3 do
  for _, text in ipairs{"", "\0", "ab\0cd", "\0\0"} do
    local said = select(2, pcall(function() assert(false, text) end))
    print(#said, said, #select(2, pcall(assert, nil, text)), #select(2, pcall(error, text, 0)))
  end
end
