-- print and io.write.
print(print == print, pcall(print, setmetatable({}, {__tostring = function() return 1 end})))
print(setmetatable({}, {__tostring = function() return "meta" end}), nil, true, 1.5)
do local tostring = tostring _G.tostring = function(x) return "<" .. tostring(x) .. ">" end print(1, "a", nil) _G.tostring = nil local r, e = pcall(print, 1) _G.tostring = tostring print(r, e) end
print(io.write(), io.write(""), io.stdout:write(""))
print(pcall(io.write, {}))
print(pcall(io.write, "a", nil))
print(pcall(function()
io.stdout:write(nil) end))
