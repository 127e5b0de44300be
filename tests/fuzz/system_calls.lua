-- What library_calls.lua leaves out: the collector, debug, files, modules, jit.*, string.buffer, operators.
-- Each is called in a way that ends, does no harm, and shows only what any two runs have in common.
-- Arguments: seed, number of calls.
local arguments = dofile("arguments.lua")(tonumber((...)) or 1)
local calls = tonumber((select(2, ...))) or 1000
local random, show, line, value, fitting =
  arguments.random, arguments.show, arguments.line, arguments.value, arguments.fitting
local pcall, type, create, resume, status = pcall, type, coroutine.create, coroutine.resume, coroutine.status
local G, getmeta, setmeta, strmeta = getfenv(0), debug.getmetatable, debug.setmetatable, debug.getmetatable("")
local buffer, util = require("string.buffer"), require("jit.util")
local new, clear = require("table.new"), require("table.clear")

local functions = {}
local function add(name, fn) functions[#functions + 1] = {name, fn} end
local function pick(choices) return choices[random(#choices)] end
-- Numbers that are neither much room nor many rounds.
local function small(v) return type(v) == "number" and (v ~= v or v > 1e5 or v < -1e5) and 100 or v end
-- Names of files and modules that do not exist.
local function nowhere(v) return (type(v) == "string" or type(v) == "number") and "/nonexistent/" .. v or v end
local function somewhere(v) return v == nil and "/nonexistent" or nowhere(v) end
local function own(t) return t ~= G and t ~= string end
-- A function with one upvalue in place of any.
local function plain(v)
  local u = 1
  local function f() return u end
  return type(v) == "function" and f or v, f
end

-- Collector and tables.
local options = {"collect", "count", "step", "isrunning", "stop", "restart", "generational", "count\0"}
add("collectgarbage", function(...)
  local option = pick(options)
  local fine, result = pcall(collectgarbage, option, ...)
  collectgarbage("restart")
  return option, fine, type(result) == "string" and result or type(result)
end)
for _, option in ipairs {"setpause", "setstepmul"} do
  add(option, function(...) return collectgarbage(option, ...), collectgarbage(option, 200) end)
end
add("table.new", function(a, b, ...) return new(small(a), small(b), ...) end)
add("table.clear", function(t, ...) if own(t) then return clear(t, ...) end end)
add("next", function(t, k) if own(t) then return (next(t, k)) end end)
add("unpack", function(t, a, b) return select("#", unpack(t, small(a), small(b))) end)

-- debug.
add("debug.sethook", function(f, ...)
  local fine, message = pcall(debug.sethook, type(f) == "function" and function() end or f, ...)
  local _, mask, count = debug.gethook()
  debug.sethook()
  return fine, message, mask, count
end)
add("debug.setmetatable", function(t, ...) if type(t) == "table" and own(t) then return debug.setmetatable(t, ...) end end)
add("debug.setlocal", function(level, ...)
  return (debug.setlocal(type(level) == "number" and level > 1 and 1 or level, ...))
end)
add("debug.getlocal", function(level, ...)
  return (debug.getlocal(type(level) == "number" and level > 1 and 1 or level, ...))
end)
add("debug.setupvalue", function(f, ...)
  local g = plain(f)
  return debug.setupvalue(g, ...), type(g) == "function" and g()
end)
add("debug.getupvalue", function(f, ...) return debug.getupvalue(plain(f), ...) end)
add("debug.upvalueid", function(f, n) return type(debug.upvalueid((plain(f)), n)) end)
add("debug.upvaluejoin", function(f, n, g, m)
  local f, g = plain(f), plain(g)
  debug.upvaluejoin(f, n, g, m)
  return f(), g()
end)
add("debug.getinfo", function(f, what)
  local info = debug.getinfo(f, what)
  if type(info) ~= "table" then return info end
  local kinds = {}
  for name, field in pairs(info) do kinds[#kinds + 1] = name .. "=" .. type(field) end
  table.sort(kinds)
  return table.concat(kinds, " ")
end)
add("debug.traceback", function(...)
  local text = debug.traceback(...)
  return type(text) == "string" and text:gsub("\n.*", "") or text
end)

-- Files.
local path = os.tmpname()
local modes = {"r", "w", "a", "r+", "w+", "a+", "rb", "wb", "rw", "x", "", "r+b", "rb+", "w\0x"}
local function lines_of(fine, lines, ...)
  if not fine then return (tostring(lines):gsub("/tmp/[^:]*", "")) end
  return pcall(lines)
end
local function format_for_lines(v) return type(v) == "number" and (v ~= v or v > 1e6) and 3 or v end
add("io.open", function(...)
  local mode = pick(modes)
  local file, message, code = io.open(path, mode)
  if not file then return mode, (message:gsub("^/tmp/[^:]*", "")), code end
  local written = pcall(file.write, file, ...)
  return mode, written, file:close()
end)
add("io.open", function(name, ...)
  local file, message, code = io.open(nowhere(name), ...)
  return io.type(file), message, code
end)
add("io.lines", function(a, b)
  local file = io.open(path, "w")
  file:write("one\n2 3\n\n0x10 text")
  file:close()
  return lines_of(pcall(io.lines, path, format_for_lines(a), format_for_lines(b)))
end)
add("io.lines", function(name, ...) return pcall(io.lines, somewhere(name), ...) end)
for _, name in ipairs {"input", "output"} do
  add("io." .. name, function(file)
    local old = io[name]()
    local fine, result = pcall(io[name], nowhere(file))
    io[name](old)
    return fine, type(result) == "string" and result or io.type(result)
  end)
end
add("os.rename", function(a, b) return os.rename(nowhere(a), nowhere(b)) end)
add("os.remove", function(a) return os.remove(nowhere(a)) end)
add("os.getenv", function(a) return os.getenv(type(a) == "string" and "NOSUCH" .. a or a) end)
add("os.setlocale", function(...) return os.setlocale(...) end)
add("os.date", function(form, time) return os.date(form, tonumber(time) or 0) end)
add("os.date", function(_, time)
  local t = os.date("!*t", tonumber(time) or 0)
  return t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst
end)
add("os.time", function(a, b, c, d) return os.time({year = a, month = b, day = c, hour = d}) end)

-- Programs and modules.
add("loadfile", function(name, ...) return loadfile(somewhere(name), ...) end)
add("dofile", function(name) return dofile(somewhere(name)) end)
add("load", function(...) return load("return x, ...", ...) end)
add("string.dump", function(f, strip) return load(string.dump(plain(f), strip)) end)
add("require", function(name, ...)
  local fine, message = pcall(require, type(name) == "string" and "nonexistent." .. name or name, ...)
  return fine, type(message) == "string" and #message
end)
add("package.searchpath", function(name, path, ...) return package.searchpath(name, nowhere(path), ...) end)
add("package.loadlib", function(name, ...) return package.loadlib(nowhere(name), ...) end)
add("getfenv", function(f) return type(getfenv(f)) end)
add("setfenv", function(f, ...) return type(setfenv(type(f) == "number" and 99 or f, ...)) end)

-- string.buffer.
for _, name in ipairs {"put", "get", "tostring", "set", "reset", "skip", "encode", "decode", "free"} do
  add("buffer:" .. name, function(a, b, c)
    local b1 = buffer.new(random(2) == 1 and random(100) or nil)
    b1:put("some text ", 12, " more")
    if not own(a) then return end
    local fine, result = pcall(b1[name], b1, a, b, c)
    return fine, result, #b1, name ~= "encode" and b1:tostring()  -- Tables have an order of their own.
  end)
end
add("buffer.new", function(a, ...) return type(buffer.new(small(a), ...)) end)
add("buffer.decode", function(...) return buffer.decode(...) end)
add("buffer.encode", function(v) if own(v) then return type(buffer.decode(buffer.encode(v))) end end)
add("buffer.index", function(key) return buffer.new()[key] end)

-- jit.
for _, name in ipairs {"funcinfo", "funcbc", "funck", "funcuvname", "traceinfo", "traceir", "tracek", "tracesnap"} do
  add("jit.util." .. name, function(a, b, c)
    local fine, result = pcall(util[name], a, type(b) == "number" and name == "funck" and -1 or b, c)
    if fine and name:find("^trace") then return end  -- There may be traces, or not.
    return fine, type(result) == "string" and result or type(result)
  end)
end
add("jit.opt.start", function(flag) if type(flag) == "string" then return jit.opt.start("no" .. flag) end end)
add("jit.attach", function(f, event)
  local fine, message = pcall(jit.attach, plain(f), event)
  return fine, message
end)
add("jit.off", function(f, ...) return jit.off((plain(f)), ...) end)

-- Operators.
add("+", function(a, b) return a + b end)
add("% ^", function(a, b) return a % b, a ^ b end)
add("..", function(a, b) return a .. b end)
add("<", function(a, b) return a < b, a <= b end)
add("==", function(a, b) return a == b end)
add("index", function(a, b) return a[b] end)
add("newindex", function(a, b, c) if own(a) then a[b] = c end end)
add("#", function(a) return #a, -a end)
add("call", function(a, b) return a(b) end)
add("for", function(a, b, c)
  local n = 0
  for i = a, b, c do n = n + 1 if n > 5 then break end end
  return n
end)
add("for in", function(a, b, c)
  local n = 0
  for k, v in a, b, c do n = n + 1 if n > 5 then break end end
  return n
end)

for call = 1, calls do
  local fn, count = pick(functions), random(5) - 1
  local args, shown = {}, {}
  for i = 1, count do
    local choice = random(4)
    args[i] = choice == 1 and fitting("s") or choice == 2 and fitting("n") or value()
    shown[i] = show(args[i])
  end
  io.write(call, " ", fn[1], "(", table.concat(shown, ", "), ") ")
  if random(3) == 1 then
    local co = create(fn[2])
    io.write(line(resume(co, unpack(args, 1, count))), " | ", status(co), "\n")
  else
    io.write(line(pcall(fn[2], unpack(args, 1, count))), "\n")
  end
  if getmeta("") ~= strmeta then setmeta("", strmeta) end
end
os.remove(path)
