-- io.open, close and io.type: what succeeds and what does not.
local name = os.tmpname()
local f = assert(io.open(name, "w"))
print(io.type(f), f:write("one\n", 2, "\n") == f, f:close(), io.type(f), pcall(f.close, f))
print(tostring(f), pcall(io.close, f), pcall(f.write, f, "x"))
print(io.open("/no/such/file"), io.open("/no/such/file", "w"))
print(pcall(io.open, name, "bad") == false, pcall(io.open), pcall(io.open, {}), pcall(io.open, name, {}))
print(pcall(io.type), io.type(1), io.type(io.stdout), io.type(newproxy()), io.type("x"), io.type(nil))
local g = io.open(name, nil) print(g:read("*a"), io.close(g))
print((select("#", io.open(name):close())))
for i = 1, 200 do
  local h = io.open(name, "r") if h:read(3) ~= "one" or io.type(h) ~= "file" then print("wrong") end
  if i % 2 == 0 then h:close() end
end
print(io.open(12) == nil, io.stderr:close())
local full = io.open("/dev/full", "w") full:write("x") print(full:close()) print(io.type(full))
local p = io.popen("exit 0") print(io.type(p), p:close() ~= nil, io.type(p))
for line in io.lines(name) do io.write("[", line, "]") end print()
io.output(name) io.write("new") print(io.close(), pcall(io.close)) io.output(io.stdout)
print(io.open(name):read("*a"), os.remove(name), io.open(name) == nil)
