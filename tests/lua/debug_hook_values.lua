-- A hook is called between bytecodes while open lists of values lie beyond the frame, and while parameters have no value.
local list = {}
for i = 1, 26 do list[i] = string.char(96 + i) end
local function same(got) return #got == 26 and table.concat(got) == table.concat(list) end
local function vararg(...) return ... end
local function closing(...)
  local x = 1
  local function keep() return x end
  return ...
end
local function tail(...) return vararg(...) end
local called = 0
local function hook() local x, y = {}, "wrong" called = called + 1 end
for _, stress in ipairs { false, true } do
  debug.sethook(stress and function() collectgarbage() end or hook, "", 1)
  local a, b, c = {vararg(unpack(list))}, {closing(unpack(list))}, {tail(unpack(list))}
  local n = select("#", vararg(vararg(unpack(list))))
  debug.sethook()
  print(same(a), same(b), same(c), n)
end
print(called > 0)

local function parameters(a, b, c) return a, b, c end
debug.sethook(function()
  local info = debug.getinfo(2, "f")
  if info.func == parameters then
    print(debug.getlocal(2, 2))
    debug.setlocal(2, 2, "set")
  end
end, "c")
print(parameters(1))
print(parameters())
print(parameters(1, 2, 3))
debug.sethook()
