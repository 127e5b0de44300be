-- A string that grows by parts that are made while it does.
local s = ""
for i = 1, 100 do s = s .. string.char(65 + i % 26) end
print(s)
local s = ""
for i = 1, 100 do s = s .. i end
s = ""
for i = 1, 100 do s = s .. ("%d,"):format(i) .. ("Ab"):upper() .. string.char(65 + i % 26) end
print(s)
