-- NaN in comparisons, as a value, and as a key.
local nan = 0 / 0
local function text(x) return x ~= x and "nan" or tostring(x) end
print(nan == nan, nan ~= nan, nan < 1, nan > 1, nan <= 1, nan >= 1, nan < nan, nan <= nan)
print(not (nan < 1), not (nan > 1), not (nan <= 1), not (nan >= 1), not (nan == nan))
local counts = {0, 0, 0, 0, 0, 0, 0, 0}
local x = 1
for i = 1, 200 do
  if i == 70 then x = nan elseif i == 140 then x = 1000 end
  if x < i then counts[1] = counts[1] + 1 end
  if x > i then counts[2] = counts[2] + 1 end
  if x <= i then counts[3] = counts[3] + 1 end
  if x >= i then counts[4] = counts[4] + 1 end
  if x == i then counts[5] = counts[5] + 1 end
  if x ~= i then counts[6] = counts[6] + 1 end
  if not (x < i) then counts[7] = counts[7] + 1 end
  if not (x <= i) then counts[8] = counts[8] + 1 end
end
for i = 1, 8 do print(i, counts[i]) end
local t = {}
print(t[nan])
print(pcall(function() t[nan] = 1 end))
print(text(math.max(1, 2)), text(-nan), text(nan + 1), text(nan * 0), text(math.floor(0.5)))
while x ~= x do print("never") break end
repeat x = nan until x ~= x
print(text(x))
for i = 1, nan do print("never") end
for i = nan, 1 do print("never") end
