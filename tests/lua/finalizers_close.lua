-- When the program ends every finalizer runs, however many others fail; and those of what they make, ten times.
local kept, rounds = {}, 0
local quiet = newproxy(true)
getmetatable(quiet).__gc = function() print("closed") end
local failing = newproxy(true)
getmetatable(failing).__gc = function(o) io.write("x") return o + 1 end
local again = newproxy(true)
getmetatable(again).__gc = function(o)
  rounds = rounds + 1
  print("round " .. rounds)
  kept = newproxy(o)
end
for i = 1, 15 do kept[i] = newproxy(failing) end
everything = {quiet, failing, again, kept}
