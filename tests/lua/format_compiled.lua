-- string.format in compiled loops: every directive, flags, widths, text in between, results of tostring.
local cases = {
  "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%i", "%u", "%o", "%x", "%X", "%#x", "%8.3x",
  "%e", "%.3e", "%E", "%f", "%.0f", "%10.2f|", "%-10.2f|", "%g", "%.14g", "%G", "%a", "%A", "%c", "%5c|",
}
local numbers = { 0, 1, 65, 97.5, 126, 2 ^ 31, 1e15, 66.25 }
for _, template in ipairs(cases) do
  local line = {}
  for round = 1, 4 do
    for i, x in ipairs(numbers) do line[i] = template:format(x) end
  end
  print(template, table.concat(line, " "))
end
for _, x in ipairs { -1, -65.5, -2 ^ 31, 0 / 0, 1 / 0, -1 / 0 } do
  local s
  for i = 1, 60 do s = ("%d %x %5.1f %g"):format(i - 30, i, x, x) end
  print((s:gsub("%-nan", "nan")))
end
local s
for i = 1, 60 do s = string.format("%s=%-6s|%6s|%.2s|%q%%", "k" .. i, "ab", "cd", "xyz", "a\n\0001\"" .. i) end
print(s)
for i = 1, 60 do s = ("%s %s %s"):format(i, nil, true) end
print(s)
for i = -30, 30 do s = ("%d %u %x %c"):format(i, i + 30, i + 30, 70 + i) end
print(s)
for i = 1, 60 do s = string.format("%5.1f|%5s", "12.25", "x") end
print(s)
print(pcall(function() for i = 1, 60 do s = string.format("%d", i < 50 and i or "x") end end))
print(pcall(function() for i = 1, 60 do s = i < 50 and string.format("%d", i) or string.format("%d") end end))
local z=0 local n=z/z
for _,f in ipairs{"%5.1f|","%g|","%+g|","% e|","%a|","%010.1f|"} do print(f:format(n), f:format(-n), f:format(0/0), f:format(math.huge), f:format(-math.huge)) end
print(n,-n,0/0,-(0/0))
