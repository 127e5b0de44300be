-- The program below the main chunk is a level, with two values of its own.
local level = 1
while debug.getinfo(level, "f") do level = level + 1 end
local bottom = level - 1
print(debug.getinfo(bottom, "S").what)
for slot = 1, 3 do
  local name, value = debug.getlocal(bottom, slot)
  print(name, type(value))
end
print(debug.getlocal(bottom, 0), debug.getlocal(bottom, -1))
print(pcall(debug.getlocal, bottom + 2, 1))
print(pcall(debug.setlocal, bottom + 2, 1, 5))
print(debug.setlocal(bottom, 7, 5))
