-- A generic loop over a closure.
local function upto(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end
local sum = 0
for i in upto(200) do sum = sum + i end
print(sum)
