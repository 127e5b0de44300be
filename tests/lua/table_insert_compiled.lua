-- Appending with table.insert in compiled loops: numbers, strings, tables, holes, returned calls.
local t,n={},0
for i=1,200 do table.insert(t,i) end
for i=1,200 do t[#t+1]=i table.insert(t,"x"..i) end
local function push(t,v) return table.insert(t,v) end
for i=1,300 do push(t,{}) end
local h={[1]=1,[2]=2,[4]=4} for i=1,100 do table.insert(h,i) end
print(#t,#h,t[201],t[202],type(t[800]))
