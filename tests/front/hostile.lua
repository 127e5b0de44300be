-- Damages the bytecode of a program at random, and runs what still loads, under a limit of instructions.
local seed, count, file = tonumber(arg[1]), tonumber(arg[2]), arg[3]
local out, random, randomseed, load, pcall = io.stdout, math.random, math.randomseed, load, pcall
local byte, char, sub, sethook, error = string.byte, string.char, string.sub, debug.sethook, error
-- Nothing that leaves the process alone is left to damaged programs.
print, io.write = function() end, function() end
os.exit, os.execute, os.remove, os.rename, os.tmpname, io.popen, io.open, io.lines = nil
io.input, io.output, io.read, collectgarbage = nil, nil, nil, function() return 0 end
local rep = string.rep
string.rep = function(s, n, ...) return rep(s, type(n) == "number" and n > 1000 and 1000 or n, ...) end
local base = string.dump(assert(loadfile(file)))
local loaded, ran = 0, 0
for i = 1, count do
  randomseed(seed * 100000 + i)
  local s = base
  for k = 1, random(1, 4) do
    local at = random(6, #s)
    local how = random(3)
    local new = how == 1 and random(0, 255) or how == 2 and (byte(s, at) + random(-2, 2)) % 256 or byte(s, random(6, #s))
    s = sub(s, 1, at - 1) .. char(new) .. sub(s, at + 1)
  end
  local f = load(s, "=damaged")
  if f then
    loaded = loaded + 1
    sethook(function() error("limit") end, "", 20000)
    if pcall(f) then ran = ran + 1 end
    sethook()
  end
end
out:write(count, " ", loaded, " ", ran, "\n")
