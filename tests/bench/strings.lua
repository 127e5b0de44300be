-- Strings: made from pieces, cut, compared, converted, formatted.
local rounds = tonumber((...)) or 50
local total = 0
local sub, byte, char, rep, format = string.sub, string.byte, string.char, string.rep, string.format
local text = rep("The quick brown fox jumps over the lazy dog. ", 4)

for round = 1, rounds do
  local parts = {}
  for i = 1, 300 do parts[#parts + 1] = "item" .. i .. "=" .. i * round .. ";" end
  local joined = table.concat(parts, ",")
  total = total + #joined
  for i = 1, #text do
    if sub(text, i, i) == "o" then total = total + 1 end
    total = total + byte(text, i)
  end
  for i = 1, 200 do
    local word = sub(text, i % 100 + 1, i % 100 + 8)
    total = total + #(word .. char(65 + i % 26)) + #word:upper() + #word:reverse()
  end
  for i = 1, 200 do
    total = total + tonumber(tostring(i + 0.5)) + tonumber("0x" .. format("%x", i))
    total = total + #format("%d %5.2f %s", i, i / 7, "abc")
  end
  local grown = ""
  for i = 1, 100 do grown = grown .. "x" end
  total = total + #grown + #rep(grown, 10)
  if grown < text then total = total - 1 end
end
print(total)
