-- io.write in compiled loops: strings of any length, numbers, the result, a file's methods, a closed file.
for i = 1, 100 do io.write(i, " ", i / 4, i % 10 == 0 and "\n" or ",") end
for i = 1, 100 do
  if not io.write("") then print("?") end
end
local out = io.stdout
for i = 1, 100 do
  out:write(i % 2 == 0 and "x" or "yy")
  assert(out:flush())
end
print(out:write("\n") == true)
local ok, message = pcall(function()
  for i = 1, 100 do io.write(i < 90 and "." or {}) end
end)
print(ok, message)
local count = 0
for i = 1, 100 do
  if io.write(string.char(64 + i % 26)) then count = count + 1 end
end
print(count)
local name = os.tmpname()
local file = io.open(name, "w")
for i = 1, 200 do file:write(i, "\n") end
file:close()
print(pcall(function() for i = 1, 100 do file:write(i) end end))
local sum = 0
for line in io.lines(name) do sum = sum + line end
print(sum)
os.remove(name)
