-- Literals, escapes, length, concatenation.
print("a\tb\\n\"q\" 'single' \65\066\x41 \z
       joined")
print('\'', "\"", '\\', #"\0\0", #"\n", #'\r\n')
print([[long
string]], [==[with ]] inside]==], #[[
first newline dropped]])
print("a" .. "b" .. "c" .. 1 .. 2.5 .. "", "x" .. "" == "x")
print(#"", #"abc", #"a\0b", -- comment
  --[[ block ]] "end")
local s = ""
for i = 1, 200 do s = s .. (i % 10) end
print(#s, s == s .. "", string.sub(s, 1, 12), string.sub(s, -3))
local parts = {}
for i = 1, 150 do parts[i % 5 + 1] = "p" .. i .. "-" .. i / 2 end
print(parts[1], parts[2], parts[3], parts[4], parts[5])
local a, b = "x", "y"
local same = 0
for i = 1, 200 do local t = a .. b if t == "xy" then same = same + 1 end a, b = b, a end
print(same)
local function join(...) local r = "" for i = 1, select("#", ...) do r = r .. tostring((select(i, ...))) .. "," end return r end
print(join(1, "a", nil, true, 2.5))
print("\u{48}\u{20AC}\u{10FFFF}" == "H\xe2\x82\xac\xf4\x8f\xbf\xbf", "\x41\065\u{41}")
