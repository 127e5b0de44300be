-- print and io.write: separators, types, results.
print() print(nil) print(nil, nil) print(1, "a", true, nil, 2.5)
io.write("a", 1, " ", 2.5, "\n")
io.write() io.write("no newline") io.write("\n")
local ok = io.write("x\n")
print(type(ok))
for i = 1, 120 do io.write(i, i % 20 == 0 and "\n" or " ") end
print("with\0zero", "tab\tin", "\255\254")
print(pcall(io.write, {}))
print(pcall(io.write, nil))
print(-0.0, 1e15, 1e16, 2^63, 0.1, 1/3)
print(type(os.clock()), os.clock() >= 0)
