-- tostring and tonumber of everything.
print(tostring(nil), tostring(true), tostring(false), tostring(12), tostring(1.5), tostring("s"))
print(tostring(-0.0), tostring(1e300), tostring(2^53), tostring(-2^31), tostring(2^31))
print(type(tostring(print)), type(tostring({})))
print(tonumber("10"), tonumber("  10  "), tonumber("10.5"), tonumber("1e3"), tonumber("0x1f"), tonumber("-5"))
print(tonumber(""), tonumber(" "), tonumber("abc"), tonumber("10x"), tonumber("1 2"), tonumber("--1"), tonumber("0x"))
print(tonumber("ff", 16), tonumber("777", 8), tonumber("1010", 2), tonumber("zz", 36), tonumber("9", 8), tonumber("FF", 16))
print(tonumber(5), tonumber(nil), tonumber(true), tonumber({}))
print(tonumber("1e"), tonumber(".5"), tonumber("5."), tonumber("."), tonumber("+5"), tonumber("0x.8p1"))
print(tonumber("1e400"), tonumber("-1e400"), tonumber("inf"), tonumber("nan"))
print(tonumber("\t10\n"), tonumber("10\0"), tonumber("1_0"))
print(pcall(tonumber))
print(pcall(tonumber, "10", 99))
for i = 1, 130 do assert(tonumber(tostring(i * 1.5)) == i * 1.5) end
print "done"
