-- What a reader of load does wrong: positions, and the message handler below sees it too.
local function try(reader, ...) return load(reader, ...) end
for i = 1, 3 do
  print(pcall(function() return (select(2, load(function() return {} end))) end))
  print(pcall(load, function() return true end))
  print(select(2, pcall(function() return select(2, load(function() error("read " .. i) end)) end)))
  print(pcall(function() return select(2, load(function() error({}) end)) ~= nil end))
  print(xpcall(function() return (select(2, load(function() error("inner") end))) end,
    function(m) return "handled " .. tostring(m) end))
  print(xpcall(function() return (select(2, load(function() local x = nil + 1 end))) end,
    function(m) return "handled " .. tostring(m) end))
  print(xpcall(function() return (select(2, load(function() return {} end))) end,
    function(m) return "handled " .. tostring(m) .. debug.traceback("", 1):match("^\n[^\n]*\n[^\n]*\n[^\n]*") end))
  print(xpcall(function()
    error(select(2, load(function() error("same", 0) end)), 0)
  end, function(m) return "handled " .. m end))
end
print(select(2, load(function() return {} end)):match("^.-main chunk"))
local n = 0
print(pcall(function() return select(2, try(function() n = n + 1 return n < 3 and "return " or {} end, "=name")) end))
