-- string.byte, string.sub and the length of a string.
local s = "the quick brown fox"
local sum, vowels = 0, 0
for k = 1, 20 do
  for i = 1, #s do
    sum = sum + string.byte(s, i)
    if string.sub(s, i, i) == "o" then vowels = vowels + 1 end
  end
end
print(sum, vowels)
