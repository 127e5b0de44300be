-- A table that is not made in the loop, and whose metatable was taken away before the loop is left.
local meta = {}
local function make(i, stop)
  local t = {i}
  setmetatable(t, meta)
  setmetatable(t, nil)
  if i == stop then return t end
end
local kept
for i = 1, 200 do kept = make(i, 150) or kept end
print(kept[1], getmetatable(kept))
