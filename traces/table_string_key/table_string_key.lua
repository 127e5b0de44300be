-- A key that varies: HREF.
local t = {a = 1, b = 2}
local keys = {"a", "b"}
local sum = 0
for i = 1, 200 do
  sum = sum + t[keys[i % 2 + 1]]
end
print(sum)
