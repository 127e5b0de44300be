-- string.buffer: building, taking, serialising, and its complaints.
local buffer = require("string.buffer")
print(string.buffer, package.loaded["string.buffer"] == buffer, type(buffer.new), type(buffer.encode))

local b = buffer.new()
print(type(b), getmetatable(b), #b, tostring(b) == "", b:tostring() == "", b:get() == "", b.nothing)
print(b:put("abc", 1, 2.5, -0, 1e100, 1 / 0):put("") == b, #b, b)
print(b:get(2), b:get(0) == "", b:get(1, 2, 3), #b)
print(b:skip(1):get(4), b:skip(1000) == b, #b, b:get(5) == "")
b:put("x"):put(setmetatable({}, {__tostring = function() return "described" end}))
b:put(setmetatable({}, {__tostring = function() return 42 end}))
local other = buffer.new(100):put("other")
print(b:put(other), other, #other)
print(b:set("set"), b:set("12"), b:put("+"), b:reset() == b, #b, b:free() == b, #b, b:put("again"))
print(b:reset():putf("%5.2f|%s|%q|%d%%", 3.14159, {} ~= nil, "a\nb", 7), b:putf("plain"))

-- Taking makes room; what is left moves.
local pieces = buffer.new()
local sum = 0
for i = 1, 3000 do
  pieces:put(i, ",")
  if i % 3 == 0 then sum = sum + #pieces:get(7) end
end
print(#pieces, sum, pieces:get(20), #pieces:tostring())
local copies = {}
for i = 1, 200 do
  local c = buffer.new():put("buffer ", i)
  if i % 50 == 0 then collectgarbage() end
  copies[i % 10 + 1] = c
end
for i = 1, 10 do io.write(tostring(copies[i]), " ") end
print()

-- Errors.
local function fails(f, ...) print(select(2, pcall(f, ...))) end
fails(b.put, 1)
fails(b.put)
fails(b.put, b, nil)
fails(function() b:put({}) end)
fails(function() b.put("x", 1) end)
fails(function() b:put(setmetatable({}, {__tostring = function() return {} end})) end)
fails(function() b:put(setmetatable({}, {__tostring = function() error("inside", 0) end})) end)
fails(function() b:put("x", b) end)
fails(function() b:skip(-1) end)
fails(function() b:skip(1e10) end)
fails(function() b:set() end)
fails(function() b:set({}) end)
fails(function() b:set(12) end)
fails(buffer.decode, 12)
fails(function() b:get(-1) end)
fails(function() b:get({}) end)
fails(function() b:putf("%d", "a") end)
fails(function() b:putf("%y") end)
fails(function() b:putf("%d") end)
fails(function() b:putf() end)
fails(buffer.new, "a")
fails(buffer.new, -1)
fails(buffer.new, 1, 2)
fails(buffer.new, {dict = {1}})
fails(function() buffer.new({dict = {"a", {}}}) end)
fails(function() return b + 1 end)
fails(function() b.x = 1 end)
fails(buffer.encode)
fails(buffer.encode, print)
fails(function() buffer.encode({{{coroutine.create(print)}}}) end)
fails(buffer.decode, "")
fails(buffer.decode, {})
fails(function() return buffer.decode("\1\1") end)

-- Serialising.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function show(v)
  if type(v) ~= "table" then return type(v) == "string" and ("%q"):format(v) or tostring(v) end
  local keys, parts = {}, {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys, function(x, y) return tostring(x) < tostring(y) end)
  for i, k in ipairs(keys) do parts[i] = "[" .. show(k) .. "]=" .. show(v[k]) end
  return "{" .. table.concat(parts, ",") .. "}"
end
for _, v in ipairs {1, -1.5, "", "text", true, {}, {1, 2, 3}, {nil, "two"}, {[0] = 1}, {[0] = 0, 1}, {x = 1}, {{{}}},
  {1, nil, 3}, {[1.5] = true}, {[false] = "f"}, ("x"):rep(300), ("y"):rep(9000), 1 / 0, 2 ^ 53} do
  local text = buffer.encode(v)
  print(#text, hex(text):sub(1, 60), show(buffer.decode(text)) == show(v))
end
print(hex(buffer.encode(nil)), hex(buffer.encode(false)), buffer.decode(buffer.encode(nil)), buffer.decode("\1"))
print(buffer.decode("\6\255\255\255\255"), buffer.decode("\7\0\0\0\0\0\0\248\255"), type(buffer.decode("\3")))
local deep = {}
for i = 1, 98 do deep = {deep} end
print(#buffer.encode(deep), pcall(buffer.encode, {{deep}}))
print(#buffer.encode({deep}))
for _, bad in ipairs {"\255", "\8\8", "\9", "\9\1", "\9\1\32", "\10\5\1", "\15\0", "\14\0", "\31", "\33", "\224", "\4\1",
  "\9\2\33a\1\33a\1", "\9\1\0\1", "\255\255\255\255\255", "\11\255\255\255\255\127\255\255\255\255\127", "\7\1"} do
  print(pcall(buffer.decode, bad))
end

local meta = {__index = {kind = "meta"}}
local options = {dict = {"name", "value", false, "name"}, metatable = {meta}}
local writer, reader = buffer.new(options), buffer.new(64, options)
writer:encode({name = "value", other = {value = "name"}}):encode(setmetatable({1}, meta)):encode("name"):encode(nil)
print(#writer)
reader:put(writer)
local first, second = reader:decode(), reader:decode()
print(show(first), second[1], getmetatable(second) == meta, second.kind, reader:decode(), reader:decode(), #reader)
fails(function() return reader:decode() end)
reader:put("\15\9")
fails(function() return reader:decode() end)
print(#reader)
pcall(debug.setfenv, buffer.new(), {})
b:put("still there")
collectgarbage()
print(b)

-- putf: __tostring is called, and what comes before an error stays.
local shown = setmetatable({}, {__tostring = function() return "T" end})
do
  print(buffer.new():putf("%s %q|%5s|", shown, shown, shown))
  local b = buffer.new():put("x")
  fails(function() return b:putf("%d %s %d", 1, shown, {}) end)
  fails(function() return b:putf("<%d>%y", 2) end)
  fails(function() return b:putf("[%d] %d", 3) end)
  fails(function() return b:putf("%s", setmetatable({}, {__tostring = function() error("no text", 0) end})) end)
  print(b)
end
