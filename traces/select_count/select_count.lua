-- select('#', ...) and select(n, ...) with constant numbers of arguments.
local function count(...) return select('#', ...) end
local function second(...) return (select(2, ...)) end
local n, s = 0, 0
for i = 1, 200 do
  n = n + count(i, nil, nil)
  s = s + second(i, i + 1, i + 2)
end
print(n, s)
