-- Number keys in the hash part, integral ones in the array part.
local t = {[0.5] = 1, [1.5] = 2, 10}
local sum = 0
for i = 1, 200 do
  sum = sum + t[0.5] + t[1] + t[1.5]
end
print(sum)
