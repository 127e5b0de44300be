-- Errors raised from loops that have been compiled carry the same message and leave the same state.
local function attempt(f, ...) local ok, m = pcall(f, ...) print(ok, m) end
local reached = 0
attempt(function()
  local values = {}
  for i = 1, 200 do values[i] = i end
  values[150] = {}
  for i = 1, 200 do
    reached = i
    local x = values[i] + 1
  end
end)
print(reached)
attempt(function()
  local t = {x = {y = 1}}
  for i = 1, 200 do
    reached = i
    if i == 180 then t.x = nil end
    local v = t.x.y
  end
end)
print(reached)
attempt(function()
  local f = function(x) return x end
  for i = 1, 200 do
    reached = i
    if i == 130 then f = nil end
    f(i)
  end
end)
print(reached)
attempt(function()
  local limit = 100
  for i = 1, 200 do
    reached = i
    if i == 140 then limit = "100" end
    if i < limit then reached = -i end
  end
end)
print(reached)
attempt(function()
  local s = ""
  for i = 1, 200 do
    reached = i
    local part = i == 170 and {} or "x"
    s = s .. part
  end
end)
print(reached)
attempt(function()
  for i = 1, 200 do
    reached = i
    if i == 199 then error("by hand") end
  end
end)
print(reached)
attempt(function()
  local sum = 0
  local function add(x) sum = sum + x end
  for i = 1, 200 do add(i == 160 and "a" or i) reached = sum end
end)
print(reached)
attempt(function()
  local n = 0
  while true do n = n + 1 reached = n if n == 300 then n = nil end end
end)
print(reached)
attempt(function()
  for i = 1, 200 do reached = math.floor(i == 150 and "x" or i) end
end)
print(reached)
attempt(function()
  for i = 1, 200 do assert(i < 170, "assertion of " .. i) reached = i end
end)
print(reached)
