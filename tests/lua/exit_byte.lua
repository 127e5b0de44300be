-- A byte of a string, loaded on trace, is a number where the trace is left.
local function escape(c) return ("\\%d"):format(c:byte()) end
local r = {}
for i = 1, 100 do r[#r + 1] = escape(string.char(i % 14)) end
print(table.concat(r))
