-- A metatable of numbers that comes while a loop that prints is compiled.
for i = 1, 120 do
  if i == 90 then debug.setmetatable(1, {__tostring = function(n) return "<number>" end}) end
  if i > 85 and i < 95 then print(i) end
  local text = tostring(i)
  if i == 89 or i == 100 then io.write(text, "\n") end
end
