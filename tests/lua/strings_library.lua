-- byte, char, sub, rep, len, format: all arguments, all edges.
local byte, char, sub, rep, len = string.byte, string.char, string.sub, string.rep, string.len
print(byte("A"), byte("ABC", 2), byte("ABC", -1), byte("ABC", 1, 3), byte("ABC", 10), byte("", 1), byte("abc", 0))
print(byte("abc", -10, 10), byte("abc", 3, 2))
print(char(), char(65), char(72, 105, 0x21), #char(0, 255))
print(pcall(char, 256)) print(pcall(char, -1)) print(pcall(char, "x"))
local s = "hello world"
print(sub(s, 1, 5), sub(s, 7), sub(s, -5), sub(s, -5, -2), sub(s, 0), sub(s, 3, 2), sub(s, 20), sub(s, -100, 3), sub(s, 1, 100), sub(s, 5, 5))
print(sub(s, 2.9, "4"), sub(123456, 2, 3))
print(rep("ab", 3), rep("ab", 0), rep("ab", -1), rep("", 5), rep("x", 1), rep("ab", 3, ","), rep(1, 3))
print(len("abc"), len(""), len("\0\0"), len(12345))
local n = 0
for i = 1, 300 do n = n + byte(s, i % #s + 1) end
print(n)
local out = ""
for i = 1, #s do out = sub(s, i, i) .. out end
print(out)
local counts = {}
for i = 1, 500 do local c = sub(s, i % 11 + 1, i % 11 + 1) counts[c] = (counts[c] or 0) + 1 end
print(counts.l, counts.o, counts[" "], counts.z)
for i = 1, 150 do assert(byte(char(i)) == i and #rep("z", i) == i and sub(rep("z", i), 2) == rep("z", i - 1)) end
local caesar = ""
for i = 1, #s do local c = byte(s, i) if c >= 97 and c <= 122 then c = (c - 97 + 13) % 26 + 97 end caesar = caesar .. char(c) end
print(caesar)
print(pcall(sub)) print(pcall(byte, {})) print(pcall(rep, "x")) print(pcall(len, nil))
