-- The accumulator turns from an integer-looking number to a string and back: no type is stable.
local x, flips = 1, 0
for i = 1, 300 do
  if type(x) == "number" then
    x = "s"
  else
    x = i
    flips = flips + 1
  end
end
print(x, flips)
