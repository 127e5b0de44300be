-- Library functions called with arguments of every kind, one line for each call: result or error.
-- Arguments: seed, number of calls.  The same seed makes the same calls in any Lua.
local arguments = dofile("arguments.lua")(tonumber((...)) or 1)
local calls = tonumber((select(2, ...))) or 1000
local random, show, line, value, fitting =
  arguments.random, arguments.show, arguments.line, arguments.value, arguments.fitting
local G, out = getfenv(0), io.stdout
local pcall, type, sub, create, resume, status =
  pcall, type, string.sub, coroutine.create, coroutine.resume, coroutine.status
local getmeta, setmeta, strmeta = debug.getmetatable, debug.setmetatable, debug.getmetatable("")

-- Arguments that a function may make something of: by a letter for each, n(umber), s(tring), t(able), f(unction).
local wanted = {
  ["table.move"] = "tnnnt", ["table.insert"] = "tnn", ["table.remove"] = "tn", ["table.concat"] = "tsnn",
  ["table.sort"] = "tf", ["table.foreach"] = "tf", ["table.foreachi"] = "tf", ["table.maxn"] = "t", unpack = "tnn",
  ["string.rep"] = "sns", ["string.sub"] = "snn", ["string.byte"] = "snn", ["string.char"] = "nnn",
  ["string.find"] = "ssn", ["string.match"] = "ssn", ["string.gmatch"] = "ss", ["string.gsub"] = "sssn",
  ["string.format"] = "snnn", ["math.fmod"] = "nn", ["math.pow"] = "nn", ["math.ldexp"] = "nn", ["math.max"] = "nnn",
  ["math.min"] = "nnn", ["math.atan2"] = "nn", ["math.log"] = "nn", ["math.modf"] = "n", ["math.frexp"] = "n",
  ["bit.tohex"] = "nn", ["bit.lshift"] = "nn", ["bit.rshift"] = "nn", ["bit.arshift"] = "nn", ["bit.rol"] = "nn",
  ["bit.ror"] = "nn", ["bit.band"] = "nnn", ["bit.bor"] = "nnn", ["bit.bxor"] = "nnn", ["bit.bswap"] = "n",
  ["bit.tobit"] = "n", ["bit.bnot"] = "n", tonumber = "sn", select = "nnn", rawget = "tn", rawset = "tnn",
  setmetatable = "tt", next = "tn", ipairs = "t", ["file:read"] = "unn", ["file:seek"] = "usn",
  ["file:setvbuf"] = "usn", ["file:write"] = "usn",
}
-- Functions.  Some would end the program, wait, show what no two programs have in common, or take long.
local skipped = {
  ["os.exit"] = 1, ["os.execute"] = 1, ["os.remove"] = 1, ["os.rename"] = 1, ["os.tmpname"] = 1, ["os.clock"] = 1,
  ["os.getenv"] = 1, ["os.setlocale"] = 1, ["io.popen"] = 1, ["io.open"] = 1, ["io.lines"] = 1, ["io.output"] = 1,
  ["io.input"] = 1, ["io.close"] = 1, ["io.read"] = 1, ["io.tmpfile"] = 1, ["debug.debug"] = 1, ["debug.sethook"] = 1,
  ["debug.getregistry"] = 1, ["debug.setmetatable"] = 1, ["debug.upvalueid"] = 1, ["debug.setlocal"] = 1,
  ["debug.setupvalue"] = 1, ["debug.upvaluejoin"] = 1, ["dofile"] = 1, ["loadfile"] = 1, ["collectgarbage"] = 1,
  ["gcinfo"] = 1, ["print"] = 1, ["setfenv"] = 1, ["debug.setfenv"] = 1, ["module"] = 1, ["require"] = 1,
  ["string.rep"] = 1, ["table.move"] = 1, ["math.randomseed"] = 1, ["math.random"] = 1, ["rawset"] = 1,
  ["package.loadlib"] = 1, ["package.seeall"] = 1, ["table.clear"] = 1, ["table.new"] = 1, ["pairs"] = 1, ["next"] = 1,
  ["debug.getinfo"] = 1, ["debug.getlocal"] = 1, ["debug.traceback"] = 1, ["os.time"] = 1, ["os.date"] = 1,
  ["math.floor"] = 1, ["math.ceil"] = 1, ["table.insert"] = 1, ["load"] = 1, ["loadstring"] = 1, ["xpcall"] = 1,
}
local functions = {}
for _, name in ipairs {"_G", "string", "table", "math", "bit", "coroutine", "os", "io", "debug", "package"} do
  local names = {}
  for field, fn in pairs(name == "_G" and G or G[name]) do
    if type(fn) == "function" and type(field) == "string" then names[#names + 1] = field end
  end
  table.sort(names)
  for _, field in ipairs(names) do
    local full = name == "_G" and field or name .. "." .. field
    if not skipped[full] then functions[#functions + 1] = {full, name == "_G" and G[field] or G[name][field]} end
  end
end
local file = getmeta(io.stdout).__index
for _, name in ipairs {"close", "read", "seek", "setvbuf", "write", "lines", "flush", "__gc", "__tostring"} do
  functions[#functions + 1] = {"file:" .. name, file[name]}
end
-- With arguments in bounds.
local small = function(v) return type(v) == "number" and (v ~= v or v > 1000) and 7 or v end
functions[#functions + 1] = {"string.rep", function(s, n, x, ...) return string.rep(s, small(n), x, ...) end}
local function loads(load)
  return function(source, ...)
    local reader, pieces = source, 0
    if type(source) == "function" then
      source = function()
        pieces = pieces + 1
        local read, piece = pcall(reader)
        if pieces < 6 and read then return piece end
      end
    end
    return load(source, ...)
  end
end
functions[#functions + 1] = {"load", loads(load)}
functions[#functions + 1] = {"loadstring", loads(loadstring)}
functions[#functions + 1] = {"xpcall", function(f, handler, ...)
  return xpcall(f, type(handler) == "function" and function(...) return (pcall(handler, ...)) end or handler, ...)
end}
functions[#functions + 1] = {"table.move", function(a, f, e, t, ...)
  if type(f) == "number" and (f ~= f or f < -1000) then f = 1 end
  return table.move(a, f, small(e), t ~= G and t ~= string and t or nil, ...)
end}
functions[#functions + 1] = {"table.insert", function(t, n, ...)
  return table.insert(t, type(n) == "number" and (n ~= n or n > 1000 or n < -1000) and 7 or n, ...)
end}
functions[#functions + 1] = {"os.date", function(form, when) return os.date(form, tonumber(when) and when or 1e9) end}
functions[#functions + 1] = {"math.floor", function(x, ...) return math.floor(x, ...) end}
functions[#functions + 1] = {"math.ceil", function(x, ...) return math.ceil(x, ...) end}
functions[#functions + 1] = {"next", function(t, k) return (next(type(t) == "table" and t ~= G and t ~= string and {t[1]} or {}, k)) end}
functions[#functions + 1] = {"rawset", function(t, ...) return rawset((t == G or t == string) and {} or t, ...) end}
functions[#functions + 1] = {"setfenv", function(f, t) return setfenv(type(f) == "function" and function() end or {}, t) end}
functions[#functions + 1] = {"os.time", function(t)
  return os.time((t == nil or type(t) == "table" and getmeta(t)) and {} or t)
end}
functions[#functions + 1] = {"getinfo", function(f, what) return type(debug.getinfo(tonumber(f) and 1e9 or f, what)) end}
functions[#functions + 1] = {"getlocal", function(...) return debug.getlocal(...) end}
functions[#functions + 1] = {"traceback", function(a, ...) return type(debug.traceback(a, ...)) end}

local unsafe = {[io.stdout] = true, [io.stderr] = true}
for call = 1, calls do
  local fn = functions[random(#functions)]
  local count = random(5) - 1
  local args, usable = {}, true
  local kinds = random(3) > 1 and wanted[fn[1]] or ""
  if kinds ~= "" then count = math.max(count, random(#kinds)) end
  for i = 1, count do
    args[i] = i <= #kinds and random(12) > 1 and fitting(sub(kinds, i, i)) or value()
    if args[i] ~= nil and unsafe[args[i]] and fn[1]:find("file:") and i == 1 then usable = false end
    if args[i] == 2 ^ 31 - 1 and fn[1] == "file:read" then args[i] = 2 ^ 20 end  -- Room for all at once, in luajit.
    if (args[i] == G or args[i] == string) and (fn[1]:find("^table") or fn[1] == "setmetatable") then usable = false end
  end
  if usable then
    local text
    if random(3) == 1 then
      local co = create(fn[2])
      local first = line(resume(co, unpack(args, 1, count)))
      text = first .. " | " .. status(co)
      if status(co) == "suspended" then text = text .. " | " .. line(resume(co, 1, 2)) end
    else
      text = line(pcall(fn[2], unpack(args, 1, count)))
    end
    local shown = {}
    for i = 1, count do shown[i] = show(args[i]) end
    out:write(call, " ", fn[1], "(", table.concat(shown, ", "), ") ", text, "\n")
    if getmeta("") ~= strmeta then setmeta("", strmeta) end
  end
end
