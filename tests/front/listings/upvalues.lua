-- Closures: mutable and immutable upvalues, closing on every way out of a block.
local a, b, c = 1, 2
local function counter()
  c = (c or 0) + 1
  return function() a = a + b c = nil c = "s" c = 1.5 return a, b end
end
for i = 1, 3 do
  local v = i
  keep(function() v = v + i end)
  if v == 2 then break end
end
repeat
  local u = counter()
  keep(function() return u end)
until u
while a do
  local w = a
  if w then goto continue end
  keep(function() return w end)
  ::continue::
end
do return counter(a) end
