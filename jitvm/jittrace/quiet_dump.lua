-- Prints a script's traces as -jdump does, with the dumper's own code kept out of the hot counters.
-- usage: luajit quiet_dump.lua LETTERS OUTFILE SCRIPT [ARGS]
--
-- luajit's dumper is Lua code. It runs in the same virtual machine, its loops and functions decrement
-- the same 64 counters as the script's, and its traces take numbers: what `-jdump` prints depends a
-- little on the dumper. Here its functions are marked as never to be compiled, which also stops their
-- counting; then counters and traces are reset, and the script runs as if nobody watched.

jit.off()
local dump = require("jit.dump")
local letters, outfile, script = ...
local seen = {[_G] = true, [string] = true, [io] = true, [table] = true, [math] = true}

local silence

local function silence_each(list)
  for _, value in pairs(list) do silence(value) end
end

function silence(value)
  if seen[value] then return end
  if type(value) == "table" then
    seen[value] = true
    silence_each(value)
  elseif type(value) == "function" then
    seen[value] = true
    pcall(jit.off, value, true) -- refuses functions written in C, which do not count anyway
    for i = 1, 255 do
      local name, upvalue = debug.getupvalue(value, i)
      if not name then break end
      if upvalue ~= nil then silence(upvalue) end
    end
  end
end

silence(dump.start)
silence(dump.off)
silence(require("jit.bc"))
silence(require("jit.dis_x64"))
local chunk = assert(loadfile(script))
arg = {[0] = script, select(4, ...)}
jit.flush()
dump.start(letters, outfile)
jit.on()
chunk(select(4, ...))
