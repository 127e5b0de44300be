local i
local sum = 0

for i = 1,60 do
    sum = sum + 1
end

print(sum)
