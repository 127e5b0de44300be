-- What makes listings hard to read: foreign functions and their types, names of chunks and strings that look like
-- other parts of a listing, output between its lines.
local ffi=require"ffi"
ffi.cdef[[int abs(int); double pow(double,double); typedef struct {int x; double y;} pt; int printf(const char*, ...);]]
local s=0
for i=1,100 do s=s+ffi.C.abs(-i) end
local p=ffi.new("pt") for i=1,100 do p.x=i p.y=p.y+p.x local q=ffi.new("pt",i,2) s=s+q.x end
local a=ffi.new("int64_t",5) for i=1,100 do a=a+i end print(a)
local u=ffi.new("uint64_t[10]") for i=1,100 do u[i%10]=u[i%10]+1ULL end
local f=ffi.cast("int (*)(int)", ffi.C.abs) for i=1,100 do s=s+f(i) end
local g = loadstring('local s=0 for i=1,200 do s=s+i io.write("x") end return s', "weird | name ] -- at \"q\" (1/2) -> 3")
g()
local h = loadstring('local t={} for i=1,200 do t["k  "..i]=1 t["a|b ]"]=i t["\\0\\27[m\\"  "]=i end return t', "=[string")
h()
for i=1,100 do io.write("---- ", i % 3 == 0 and "\n" or " ") end
print(s)
