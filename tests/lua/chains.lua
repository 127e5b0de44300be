-- Long chains of side traces, with rare ways and returns to the common one.
local n = {}
for i = 0, 15 do n[i] = 0 end
for i = 1, 4000 do
  local k = 0
  if i % 2 == 0 then k = k + 1 end
  if i % 3 == 0 then k = k + 2 end
  if i % 5 == 0 then k = k + 4 end
  if i % 7 == 0 then k = k + 8 end
  n[k] = n[k] + 1
end
local line = ""
for i = 0, 15 do line = line .. n[i] .. " " end
print(line)
local state, out = 1, 0
for i = 1, 3000 do
  if state == 1 then if i % 11 == 0 then state = 2 end out = out + 1
  elseif state == 2 then if i % 13 == 0 then state = 3 end out = out + 2
  elseif state == 3 then if i % 17 == 0 then state = 4 end out = out - 1
  else if i % 19 == 0 then state = 1 end out = out + 0.5 end
end
print(state, out)
local function classify(x)
  if x < 10 then return "tiny" elseif x < 100 then return "small" elseif x < 500 then return "medium" elseif x < 2000 then return "large" end
  return "huge"
end
local counts = {}
for i = 1, 3000 do local c = classify(i * 7 % 3001) counts[c] = (counts[c] or 0) + 1 end
print(counts.tiny, counts.small, counts.medium, counts.large, counts.huge)
local x, y, hits = 0, 0, 0
for i = 1, 2000 do
  x = x + 3 y = y + 5
  if x > 100 then x = x - 100 hits = hits + 1 end
  if y > 77 then y = y - 77 hits = hits + 10 if x < y then hits = hits + 100 end end
end
print(x, y, hits)
