-- Runs a script (the first argument) and says on the error stream how much memory the process held at most, in KB.
local script = assert(loadfile((...)))
script(select(2, ...))
for line in io.lines("/proc/self/status") do
  local size = line:match("^VmHWM:%s*(%d+)")
  if size then io.stderr:write("peak ", size, "\n") end
end
