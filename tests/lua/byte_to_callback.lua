local function escape(c) return ("\\%d"):format(c:byte()) end
local s=("a\0b\0"):rep(200).."\1c\1\0\1"
local r = s:gsub("[%c]", escape)
print(r:sub(-20))
-- The same through an exit: a byte that only a snapshot wants.
local function first(s, limit)
  local byte = s:byte()
  if limit > 90 then return byte, limit end
  return byte
end
local sum = 0
for i = 1, 100 do
  local a, b = first(string.char(i), i)
  sum = sum + a + (b or 0)
end
print(sum)
-- one value in side traces too
local s = ("ab\255c"):rep(50)
local n, m = 0, 0
for i = 1, #s do
  local c = s:byte(i)
  if c == 97 then n = n + c * 0.5 elseif c == 98 then m = m + c elseif c > 200 then m = m - c / 2; n = -c + n else n = n + 1 end
end
print(n, m)
