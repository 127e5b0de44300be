-- Metamethods and handlers where library functions call back.
local mt = {__lt = function(a, b) return a.v < b.v end}
local t = {}
for i = 1, 50 do t[i] = setmetatable({v = i * 37 % 53}, mt) end
table.sort(t)
for i = 1, 50 do io.write(t[i].v, " ") end
print()
print(pcall(table.sort, {setmetatable({v = 1}, mt), setmetatable({v = 2}, {__lt = function() end})}))
print(("hello world"):gsub("%w+", setmetatable({}, {__index = function(t, k) return "<" .. k .. ">" end})))
print(("hello world"):gsub("%w+", setmetatable({}, {__index = {hello = "bye"}})))
print(pcall(string.gsub, "x", "x", setmetatable({}, {__index = function() error("boo", 0) end})))
print(pcall(string.gsub, "x", "x", setmetatable({}, {__index = function() end})))
local function handler(m) return "H:" .. m .. "\n" .. debug.traceback("", 2):gsub("\n[^\n]*$", "") end
print(xpcall(function() return (("x"):gsub("x", function() error("deep") end)) end, handler))
print(xpcall(function() table.sort({1, 2, 3}, function(a, b) return a.x end) end, handler))
local count = 0
local function counting(m) count = count + 1 return m end
for i = 1, 3 do
  print(xpcall(function() return (("x"):gsub("x", function() error("again", 0) end)) end, counting))
  print(xpcall(function() error("again", 0) end, counting))
  print(xpcall(function() print(pcall(string.gsub, "x", "x", function() error("again", 0) end)) error("again", 0) end, counting))
end
print(count)
