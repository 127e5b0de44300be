-- A trace that starts at a return is left at that return, and no side trace can be made there.
local function depth(n)
  if n > 0 then
    local below = depth(n - 1)
    return below + 1
  end
  return 0
end

local sum = 0
for i = 1, 200 do sum = sum + depth(20) end
print(sum)

local function other(n)
  local d = depth(n)
  local f = function() return d end
  return f()
end
for i = 1, 300 do sum = sum + other(10) end
print(sum)
