-- A loop made of goto alone.
local i = 0
::top::
i = i + 1
if i < 200 then goto top end
print(i)
