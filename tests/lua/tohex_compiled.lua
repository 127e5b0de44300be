-- bit.tohex of negative words, compiled: eight digits and no more.
local seen = {}
for i = 1, 200 do seen[bit.tohex(i - 190)] = true end
local list = {}
for digits in pairs(seen) do list[#list + 1] = digits end
table.sort(list)
print(#list, list[1], list[#list], list[#list - 1])
local text = {}
for i = 1, 100 do text[i] = bit.tohex(-i, 9) .. bit.tohex(i - 50, -12) .. bit.tohex(-i, 4) end
print(text[1], text[40], text[99])
