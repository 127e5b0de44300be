-- string.buffer in hot loops: fields forwarded across operations, borrowed contents, growth, serialising, errors.
local buffer = require("string.buffer")

local function sum(text)
  local h = #text
  for i = 1, #text do h = (h * 31 + text:byte(i)) % 1000003 end
  return h
end

-- put and get in one trace; what is left moves.
do
  local b, h = buffer.new(), 0
  for i = 1, 400 do
    b:put("<", i, ",", i / 4, ">")
    if #b > 100 then h = (h * 7 + sum(b:get(37))) % 1000003 end
  end
  print(h, #b, sum(tostring(b)))
end

-- Lengths between operations must not be forwarded across them.
do
  local b, a = buffer.new(), {}
  for i = 1, 200 do
    local n0 = #b
    b:put("abc")
    local n1 = #b
    b:skip(1)
    local n2 = #b
    b:putf("%d-%5.1f|%s", i, i / 3, "x")
    local n3 = #b
    local x, y = b:get(2, i % 4)
    b:put(b:get(1))
    a[i % 10 + 1] = n0 .. " " .. n1 .. " " .. n2 .. " " .. n3 .. " " .. #b .. x .. y
  end
  print(table.concat(a, "\n"))
  print(#b, sum(b:tostring()))
end

-- reset: of own memory, and of a string that was set; the two alternate.
do
  local b, s = buffer.new(), ("contents"):rep(3)
  local h = 0
  for i = 1, 300 do
    if i % 3 == 0 then b:set(s) elseif i % 7 == 0 then b:set("n" .. i) end
    h = h + #b
    if i % 4 ~= 0 then b:put(i) end
    h = h + #b
    if i % 5 == 0 then h = h + sum(b:get(3)) end
    if i % 2 == 0 then b:reset() end
    h = (h + #b) % 1000003
  end
  print(h, b, s)
end

-- A buffer into another, and into itself.
do
  local a, b = buffer.new(), buffer.new(10)
  for i = 1, 200 do
    a:reset():put(i, " ")
    b:put(a, a, "z")
    if i % 50 == 0 then b:skip(#b - 20) end
  end
  print(#b, b)
  local ok, e
  for i = 1, 100 do ok, e = pcall(b.put, b, i > 90 and b or a) end
  print(ok, e)
end

-- Strings made on the way; operations that are replayed on the buffer.
do
  local b = buffer.new()
  for i = 1, 200 do
    b:put(("aBc"):upper(), ("x" .. i):rep(2), ("y" .. i):reverse(), table.concat({ i, i }, "-"))
    b:putf("%q %c%5c%-6s|%x%%", "q" .. i, 65 + i % 26, 66, "s", i)
    if i % 60 == 0 then b:skip(500) end
  end
  print(#b, sum(b:tostring()))
  for i = 1, 100 do b:reset():put("", "", i, "") end
  print(b, #b, "<" .. b .. ">", b .. b, b .. 1)
end

-- Types that change.
do
  local b, values = buffer.new(), { 1, "two", 3.5, 2 ^ 53, "5" }
  for i = 1, 300 do b:put(values[i % 5 + 1]) end
  for i = 1, 300 do b:put(i > 250 and values[i % 5 + 1] or i) end
  print(#b, sum(b:get()))
  local described = setmetatable({}, { __tostring = function() return "described" end })
  for _ = 1, 100 do b:put(described) end
  print(#b, sum(b:get()))
  for i = 1, 100 do
    local ok, e = pcall(b.put, b, "a", i < 95 and i or {})
    if not ok then print(i, e) break end
  end
  b:reset()
end

-- Sizes: out of range, no numbers, more than there is.
do
  local b = buffer.new():put(("0123456789"):rep(50))
  local sizes, h = { 1, 0, 2.9, 3 }, 0
  for i = 1, 150 do h = h + #b:get(sizes[i % 4 + 1]) b:skip(sizes[i % 3 + 1]) end
  print(h, #b, b:get(5))
  for _, size in ipairs { -1, 1e10, "3", 0 / 0 } do
    local ok, e
    for i = 1, 80 do ok, e = pcall(function() return b:get(i < 70 and 1 or size) end) end
    print(ok, ok or e)
    for i = 1, 80 do ok, e = pcall(function() return #b:skip(i < 70 and 1 or size) end) end
    print(ok, ok or e)
  end
  print(#b, b:get(1000), #b, b:get(3) == "", b:get() == "")
end

-- Serialising: values of all types, and types that change.
do
  local b, h = buffer.new(), 0
  local values = { 1, "text", true, false, 2.5, { 1, { "n" } }, -7, { x = 1, y = "z" } }
  for i = 1, 200 do
    b:encode(values[i % 8 + 1])
    if i % 3 ~= 0 then
      local v = b:decode()
      h = (h * 3 + (type(v) == "table" and #v + (v.x or 0) or #tostring(v))) % 1000003
    end
  end
  print(h, #b)
  b:reset()
  local s
  for i = 1, 200 do
    s = buffer.encode(i % 2 == 0 and i or "s" .. i)
    h = (h + #s + #tostring(buffer.decode(s))) % 1000003
    b:encode(nil):encode(i)
    if b:decode() ~= nil then print("wrong") end
    h = h + b:decode()
  end
  print(h, #b, #s)
  local bad = { buffer.encode(1), buffer.encode("x"), "\255", "", buffer.encode(1) .. "!", buffer.encode({}) }
  for k = 1, #bad do
    local ok, v
    for i = 1, 80 do ok, v = pcall(buffer.decode, i < 70 and bad[1] or bad[k]) end
    print(ok, type(v) == "table" or v)
  end
  local ok, e
  for i = 1, 80 do ok, e = pcall(buffer.encode, i < 70 and i or print) end
  print(ok, e)
  for i = 1, 80 do ok, e = pcall(b.decode, i < 70 and b:encode(i) or b) end
  print(ok, e)
  local keys = buffer.new({ dict = { "name", "size" } })
  local n = 0
  for i = 1, 100 do
    keys:encode({ name = i, size = "s" })
    n = n + #keys + keys:decode().name
  end
  print(n)
end

-- Buffers made and dropped in a loop.
do
  local kept = {}
  for i = 1, 300 do
    local b = buffer.new():put("buffer ", i)
    if i % 7 == 0 then b:set("set " .. i) end
    if i % 11 == 0 then b:free() end
    kept[i % 5 + 1] = b
  end
  for i = 1, 5 do io.write(tostring(kept[i]), " ") end
  io.write(kept[1], "|", kept[2], "\n")
end

-- Method tables and equality.
do
  local b, other, n = buffer.new(), buffer.new(), 0
  for i = 1, 100 do
    if b == other or b ~= b or getmetatable(b) ~= "buffer" or b.put ~= other.put or b.nothing then n = n + 1 end
  end
  print(n, type(b), string.format("%s|%5s|%q", b:put('a"'), b, b))
end
