-- Labels and gotos: loops of their own, continue, leaving blocks that captured locals.
do
  local i = 1
  ::top::
  i = i + 1
  if i < 10 then goto top end
end
for i = 1, 3 do
  for j = 1, 3 do
    local x = j
    if x == 2 then goto continue end
    if x == 3 then goto out end
    keep(function() return x end)
    ::continue::
  end
end
::out:: ::again::
do
  goto skip
  local goto_ = 1
  ::skip::
end
local goto = {goto = 1}
goto.goto = goto
do ::a:: ::b:: if x then goto a else goto b end end
