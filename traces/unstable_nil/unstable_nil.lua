-- A variable that is nil at first: the loop's first recording is type-unstable.
local last
local changes = 0
for i = 1, 300 do
  local k = i - i % 100
  if last ~= k then changes = changes + 1 end
  last = k
end
print(last, changes)
