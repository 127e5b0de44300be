-- Errors thrown and caught: strings, objects, from depth, by the library, with a handler.
local rounds = tonumber((...)) or 100
local total = 0
local object = { code = 7 }
local function thrower(kind, n)
  if n > 0 then
    local value = thrower(kind, n - 1)
    return value
  end
  if kind == 1 then error(object) end
  if kind == 2 then error("message", 0) end
  if kind == 3 then error("message") end
  return kind.field.missing
end
local function deep() return (thrower(1, 2)) end
local function handler(e) return type(e) == "table" and e.code or #tostring(e) end

for round = 1, rounds do
  for i = 1, 100 do
    local ok, e = pcall(thrower, 1, 3)
    if not ok then total = total + e.code end
    ok, e = pcall(thrower, 2, 0)
    if not ok then total = total + #e end
    ok, e = pcall(thrower, 3, 1)
    if not ok then total = total + #e end
    ok, e = xpcall(deep, handler)
    if not ok then total = total + e end
    ok, e = pcall(thrower, {}, 0)
    if not ok then total = total + #e end
    ok, e = pcall(thrower, 9, 0)
    if not ok then total = total + 1 end
    ok, e = pcall(string.rep)
    if not ok then total = total + #e end
  end
end
print(total)
