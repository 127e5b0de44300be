-- A finalizer sees the function that it interrupted, at its line, and is named after the bytecode's metamethod.
jit.off()
local place
local function finalizer()
  local own, other = debug.getinfo(1, "n"), debug.getinfo(2, "lf")
  place = {own.name, own.namewhat, other.currentline, other.func, debug.traceback("finalizer")}
end
local function try(f)
  collectgarbage()
  place = nil
  getmetatable(newproxy(true)).__gc = finalizer
  for i = 1, 1000000 do
    f(i)
    if place then break end
  end
  print(place[1], place[2], place[3], place[4] == f)
  print((place[5]:gsub("0x%x+", "address")))
end
local x
try(function() x = {} end)
try(function() x = {1} end)
try(function()
  x = function() end
end)
try(function(i)
  x = i .. ""
end)
place = nil
getmetatable(newproxy(true)).__gc = finalizer
collectgarbage()
print(place[1], place[2], place[3], place[4] == collectgarbage)
