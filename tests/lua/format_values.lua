-- string.format: text of any value, __tostring, and errors.
local mt = {__tostring = function(o) return "<" .. o.name .. ">" end}
local o = setmetatable({name = "thing"}, mt)
print(string.format("%s and %5.3s|%-9s|", o, o, o))
print(string.format("%s %s %s %s", nil, true, 1.5, "x"))
print(string.format("%s%%%d%c", "100", 5, 65))
print(pcall(string.format, "%s", setmetatable({}, {__tostring = function() error("no", 0) end})))
print(string.format("%s", setmetatable({}, {__tostring = function() return ("%d"):format(7) .. ("%s"):format("in") end})))
print((string.format("%s", print):gsub("builtin.*", "builtin")))
print(pcall(string.format, "%d"))
print(pcall(string.format, "%d", "x"))
print(pcall(string.format, "%y", 1))
print(pcall(string.format, "%", 1))
print(pcall(string.format, "%10", 1))
print(pcall(string.format, "%0123d", 1))
print(pcall(string.format, "%1.123d", 1))
print(pcall(string.format))
print(pcall(string.format, {}))
print(pcall(function() return ("%d"):format({}) end))
print(string.format("%d %x %5.1f", "10", "255", "2.25"))
print(string.format(5), string.format("no directives", 1, 2))
print(string.format("%q", 'say "hi"\n\\ \r\t1'), string.format("%q", 12))
print(#string.format("%99d", 1), #string.format("%.99f", 1 / 3), #string.format("%s", ("x"):rep(100000)))
local n = 0
for i = 1, 300 do
  n = n + #string.format("%d:%s:%5.2f:%x:%q", i, "k" .. i, i / 7, i, "a") + #("%g"):format(i / 3) + #string.format("%s", o)
end
print(n)
