-- Loop inversion, hidden variables, prediction of next by name.
for i = 1, 10 do print(i) end
for i = n, 1, -1 do if i == 5 then break end end
for k, v in pairs(t) do t[k] = nil end
for k, v in next, t do t[k] = v end
for k in pairs(t) do local pairs = 1 for j in pairs, t do print(j) end end
for a, b, c in pairs(t) do print(a, b, c) end
for a in f(), 1 do print(a) end
for a in f do end
while true do local x = f() if x then break end end
while x do x = x.next end
repeat local done = f() until done
do local next = next for k in next, {} do print(k) end end
