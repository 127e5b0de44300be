-- A search that stops half way.
local t = {}
for i = 1, 150 do t[i] = i * 7 % 151 end
local tried = 0
for want = 1, 40 do
  for i = 1, #t do
    tried = tried + 1
    if t[i] == want then break end
  end
end
print(tried)
