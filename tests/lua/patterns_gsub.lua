-- gsub in all its forms, and callbacks that use the string library themselves.
print(("hello world"):gsub("o", "0"))
print(("hello world"):gsub("o", "0", 1))
print(("hello world"):gsub("o", "0", 0))
print(("hello world"):gsub("o", "0", -1))
print(("hello world"):gsub("", "-"))
print(("hello world"):gsub("%w+", "<%0>"))
print(("hello world"):gsub("(%w+) (%w+)", "%2 %1"))
print(("hello world"):gsub("^h", "H"))
print(("hello hello"):gsub("^hello", "x"))
print(("abc"):gsub("%w", "%%%0"))
print(("abc"):gsub("%w", {a = "1", b = true and 2, c = false}))
print(("$name is $age"):gsub("%$(%w+)", {name = "Lua", age = 30}))
print(("abc"):gsub("(b)()", "%2%1"))
print(("abc def"):gsub("%f[%w]%w+", string.upper))
print(("THE (quick) fox"):find("%((%a+)%)"))
print(("f(a(b)c)d"):match("%b()"))
print(("  trim  "):match("^%s*(.-)%s*$") .. "|")
print(("2024-01-31"):match("(%d+)-(%d+)-(%d+)"))
print(string.find("abc", "b", -1), string.find("abc", "b", -2), string.find("abc", "", 10), string.find("", ""))
print(string.find("a.b", ".", 1, true), string.find("a+b", "+", 1, true), string.find("abc", "b", 1, nil))
print(("x"):rep(3):gsub("x", function() end))
-- Nested: the callback matches and builds strings while gsub's own result is half done.
local function nested(w)
  local r = w:gsub(".", function(c) return c:upper() .. w:gsub("%a", "<%0>", 1) end)
  return r .. ("%d"):format(#w)
end
print(("ab cd"):gsub("%a+", nested))
-- Garbage in callbacks.
local kept = {}
local big = ("word "):rep(500):gsub("%a+", function(w)
  local t = {}
  for i = 1, 20 do t[i] = w .. i end
  kept[#kept % 50 + 1] = t
  return t[7]
end)
print(#big, big:sub(1, 24))
-- Many captures to a function.
local count
print((("abcdefghijklmnopqrstuvwxyzabcdef"):gsub(("(.)"):rep(32), function(...)
  count = select("#", ...)
  return (select(32, ...))
end)), count)
-- A callback that grows the stack.
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print((("a-b-c"):gsub("%a", function(c) return c .. depth(3000) end)))
-- gmatch.
for k, v in ("a=1, b=2, c=3"):gmatch("(%w+)=(%w+)") do io.write(k, v, ";") end
print()
for p in ("abc"):gmatch("()") do io.write(p, " ") end
print()
for w in ("one two"):gmatch("^%a+") do io.write(w, "!") end
print()
local it = ("x y"):gmatch("%a")
print(it(), it(), it(), it())
-- Hot loops.
local n = 0
for i = 1, 300 do
  for w in ("the quick brown fox"):gmatch("%a+") do n = n + #w end
  n = n + #(("k" .. i):gsub("%d", function(d) return d + 1 end))
  n = n + (("key = value"):match("()=") or 0) + ("a" .. i):find("%d")
end
print(n)
