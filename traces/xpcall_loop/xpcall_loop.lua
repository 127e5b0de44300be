-- xpcall on trace: the function is inlined in a frame above itself and the handler.
local function handler(e) return "caught " .. e end
local function half(x, y) return x / 2, y end
local sum, last = 0, nil
for i = 1, 100 do
  local ok, v, w = xpcall(half, handler, i, i)
  sum = sum + v + w
end
for i = 1, 100 do
  local ok, v = xpcall(tostring, handler, i)
  last = v
end
print(sum, last)
