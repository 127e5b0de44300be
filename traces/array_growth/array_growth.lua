-- Stores past the end: the array part grows while a trace runs.
local t = {}
for i = 1, 1000 do t[i] = i * 2 end
local u = {}
for i = 300, 1, -1 do u[i] = i end
print(#t, t[1000], #u, u[1])
