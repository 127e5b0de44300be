-- string.find of plain text in loops that are compiled: found or not, from any start, with any flag.
local subject = ("abc.def%ghi-"):rep(3) .. "end\0tail"
local words = { "abc", "", ".", "end", "\0", "tail", "none", "%g", "-", "i-a" }
local total, nils = 0, 0
for i = 1, 300 do
  local word = words[i % #words + 1]
  local from, to = subject:find(word, i % 50 - 5, true)
  if from then total = total + from * 3 + to else nils = nils + 1 end
end
print(total, nils)
for _, word in ipairs { "abc", "ghi", "nothing", "", "e", "end\0" } do
  total, nils = 0, 0
  for i = 1, 100 do
    local from, to, more = subject:find(word)
    if from then total = total + from * 3 + to else nils = nils + 1 end
    from, to = string.find(subject, word, -i)
    if from then total = total + from * 3 + to else nils = nils + 1 end
    from, to = string.find(subject, word, i)
    if from then total = total + from * 3 + to else nils = nils + 1 end
    assert(more == nil)
  end
  print(total, nils)
end
local plain = false
for i = 1, 200 do
  if i == 100 then plain = true end
  total = total + (subject:find("c.d", 1, plain) or -1) + (subject:find(".", i % 40, plain) or -2)
end
print(total)
total = 0
for i = 1, 200 do total = total + (string.find(i * 1001, 1, 1, true) or -7) end
print(total)
for i = 1, 100 do total = total + select("#", ("a"):find("a", 2)) + select("#", ("a"):find("a", 3)) + select("#", (""):find("", 10)) end
print(total, (""):find("", 10), ("abc"):find("", 10), ("abc"):find("", 4), ("abc"):find("", 10, true))
