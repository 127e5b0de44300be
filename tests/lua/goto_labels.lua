-- goto: continue, nested exits, loops, shadowed labels.
for i = 1, 5 do
  if i % 2 == 0 then goto continue end
  print(i)
  ::continue::
end
for i = 1, 3 do
  for j = 1, 3 do
    if i * j == 4 then goto done end
    print(i, j)
  end
end
::done::
do
  local i = 1
  ::top::
  if i <= 3 then print("top", i) i = i + 1 goto top end
end
do goto skip; print("never") ::skip:: end
local fns = {}
do
  local k = 1
  ::again::
  local captured = k
  fns[k] = function() captured = captured + 1 return captured end
  k = k + 1
  if k <= 3 then goto again end
end
print(fns[1](), fns[1](), fns[2](), fns[3]())
local sum, i = 0, 0
::loop::
i = i + 1
if i % 3 == 0 then goto loop end
sum = sum + i
if i < 300 then goto loop end
print(sum)
for i = 1, 200 do
  for j = 1, 10 do if j > i % 10 then goto next_i end sum = sum + 1 end
  ::next_i::
end
print(sum)
