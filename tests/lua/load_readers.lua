-- How far a reader is asked when the program is wrong, or right, from its beginning.
local function letters(text)
  local i = 0
  return function() i = i + 1 return text:sub(i, i) end, function() return i end
end
for _, text in ipairs {"*a = 123", "x = 1 + + 2 + 3", "x = 1 y = = 2", "return 12", "goto done x = 1 ::done:: return x",
  "return 'a\\65'", "x = 1e+2 return x", "if x then return 7 else return 8 end", "x == 1", "local s = [[long]] return s"} do
  local reader, count = letters(text)
  local f, message = load(reader)
  print(text, f and f(), message, count())
end
