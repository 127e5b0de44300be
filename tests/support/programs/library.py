"""Metatables and the library in random programs: events, table and string functions, the collector."""

from __future__ import annotations

from tests.support.programs.grammar import rows

EVENTS = rows("""
9: M.__<pick add|sub|mul> = function(a, b) return wrap(value(a) <pick +|-|*> value(b)) end
4: M.__<pick div|mod|pow|add> = function(a, b) return wrap(value(a) + value(b) * <atom>) end
4: M.__<pick add|sub|mul|div|mod> = function(a, b)
<body>
return value(b) + <number>
end
4: M.__unm = function(a) return wrap(-value(a)) end
2: M.__unm = function(...) return select("#", ...) end
4: M.__index = function(t, k)
<body>
return <number>
end
4: M.__index = r1
2: M.__index = setmetatable({x = <atom>}, {__index = r2})
2: M.__index = setmetatable({}, {__index = function(t, k) return k end})
3: M.__newindex = function(t, k, w) rawset(t, k, w) end
3: M.__newindex = function(t, k, w)
<body>
r2.z = <number>
end
2: M.__newindex = r2
3: M.__call = function(self, k, ...) return wrap(value(k) + self.v), ... end
2: M.__call = function(self, ...)
<variadic>
return <number>
end
4: M.__concat = function(a, b) return type(a) == "string" and a .. "o" or "o" .. tostring(value(b) % 10) end
2: M.__concat = function(a, b) return "c" end
4: M.__eq = function(a, b) return value(a) == value(b) end
2: M.__eq = function(a, b) return <condition> end
4: M.__lt = function(a, b) return value(a) < value(b) end
4: M.__le = function(a, b) return value(a) <= value(b) end
2: M.__lt = function(a, b) return <number> end
3: M.__tostring = function(a) return "object " .. tostring(clean(value(a)) % 100) end
1: M.__len = function() return <number> end
1: M.__mode = "<pick k|v|kv>"
""")

EVENT_VALUES = rows("""
3: function(a, b) return <number> end
2: function(a, b, w) return wrap(value(b)) end
2: nil
1: r2
1: r1
1: <any>
1: function(...) return maybe(<atom>) end
""")

METATABLES = rows("""
3: nil
2: {}
2: {__index = r2}
2: {__index = function(t, k) return <number> end}
1: {__newindex = function(t, k, w) rawset(t, k, w) end}
1: {__newindex = function(t, k, w) rawset(t, k, value(w) + <atom>) end, __index = function() return 1 end}
1: {__index = {x = <atom>, y = <atom>}, __metatable = "locked"}
1: {__index = setmetatable({}, {__index = function(t, k) return k end})}
1: {__mode = "<pick k|v>"}
1: M
1: <any>
""")

LIBRARY = rows("""
2: table.insert(<A>, (<number>))
2: if #<A> < 50 then table.insert(<A>, <int 1 4>, (<number>)) end
1: table.insert(<A>, <N>, <N>)
2: <V> = table.remove(<A>)
1: <V> = table.remove(<A>, <int 1 3>)
1: <N> = <N> + (table.remove(<A>, <index>) or 0)
1: <S> = short(table.concat(<A>, ",", 1, min(#<A>, 3)))
1: table.sort(<A>)
1: table.sort(<A>, function(a, b) return a > b end)
1: do local t = {<int 1 99>, <int 1 99>, n1, <int 1 99>, n2 % 10, <int 1 99>} table.sort(t) <N> = t[2] end
1: do local t = {s1, s2, "m", <string>} table.sort(t, function(a, b) return a > b end) <S> = short(t[1]) end
1: <N> = table.maxn(<A>)
1: <N> = select("#", unpack(<A>, 1, <int 0 9>))
1: <V> = (select(2, unpack(<A>, <int -1 3>, <int 2 6>)))
1: if table.move then table.move(a1, <int 1 3>, <int 2 6>, <int 1 4>, <A>) end
1: <A> = {<number>, <number>, <number>}
1: <A> = {unpack(<A>, 1, 10)}
1: <R> = {x = <number>, y = <number>, [<index>] = <atom>}
1: <R> = {<number>, <any>, x = <atom>, z = <number>, <f>(<atom>)}
1: do local t = require("table.new")(<int 0 9>, <int 0 9>) t[1], t.x = <number>, <atom> <N> = t[1] + t.x end
1: require("table.clear")(<A>)
1: do local k = 0 for _, w in pairs(<pick a1|a2|m1>) do k = k + value(w) end <N> = k end
1: do local k = "" for i, w in pairs(<A>) do if #k < 50 then k = k .. clean(i) .. "," end end note(k) end
1: for a, b in string.gmatch(<string>, "(%w)(%w?)") do <S> = short(a .. b .. <S>) end
1: for w in <S>:gmatch(<pattern>) do <V> = w end
1: note(string.find(<S>, <pattern>, <int -3 4>), string.find(<string>, <plain_string>, <int 1 3>, true))
1: note(string.gsub(<string>, <pattern>, <replacement>))
1: note(string.match(<string>, <pattern>), string.byte(<S>, 1, <int -1 4>))
1: note(string.format(<format>), tostring(clean(<number>)), tonumber(<string>))
1: <V> = tostring(<small>) .. string.format("%.3f", clean(<N>))
1: note(math.modf(<number>), math.frexp(<atom>), math.fmod(<number>, <atom>))
1: note(band(<number>), bit.tohex(<number>), bit.bswap(<N>), tobit(<edge>))
1: collectgarbage(<pick "step"|"collect"|"count"|"step", 10|"step", 100|"setpause", 110>)
1: collectgarbage(<pick "stop"|"restart"|"setstepmul", 400|"setpause", 200>)
1: do local t = setmetatable({}, {__mode = "<pick k|v|kv>"}) t[a1], t[{}] = r1, {} note(t[a1] == r1) end
1: for i = 1, <int 1 60> do local t = {i, {i}, x = s1 .. i} <V> = t.x end
1: do local t = {} for i = 1, <int 1 70> do t["k" .. i % 9] = i end <N> = t.k3 or count(t, 0) end
1: do local t = {} for i = 1, <int 1 70> do t[i * <pick 0.5|2|-1|1e10>] = i end <N> = t[4] or count(t, 0) end
1: do local t = {} for i = 1, 9 do t[i] = {} for j = 1, 9 do t[i][j] = i * j end end <N> = t[4][<int 1 9>] end
1: do local t = {[true] = 1, [M] = 3, [0.5] = 4, [-0] = 5} <N> = t[0] + t[M] + (t[<key>] or 0) end
1: do local a, b = math.random(<int 1 9>), math.random() <N> = a <V> = b < 0.5 end
1: for i = 1, <int 1 80> do local p = newproxy(true) getmetatable(p).__gc = function() global3 = {i} end end
1: for i = 1, <int 1 80> do setmetatable({i}, {__mode = "k"})[{}] = i collectgarbage("step", <int 0 9>) end
1: do local t = setmetatable({}, {__mode = "v"}) for i = 1, 70 do t[i] = {i} end note(#t <= 70) end
1: table.sort(<A>, function(a, b) return maybe(a < b) end)
1: do local t = {} for i = 1, <int 1 40> do t[i] = i * 7 % 11 end table.sort(t) <N> = t[1] + t[#t] end
1: <N> = select(-1, <any>, <number>)
1: <V> = rawequal(<any>, <any>) or rawlen
1: <V> = tonumber(<any>)
1: <V> = #arg
1: <V> = debug.getinfo(1, "l").currentline
1: jit.<pick on|off|flush>()
1: <buffer>
1: for i# = 1, <int 1 60> do
<buffer>
<buffer>
end
1: <chunk>
1: do local t = {<string>, <small>, <S>, <number>, 0.5}
for i = 1, <int 1 60> do <S> = short(table.concat(t, <pick ","|""|s2|1>, <int 1 2>, <int 0 5>)) end end
1: <V> = short(debug.getinfo(<int 1 3>, "<pick n|S>").<pick name|what|short_src|namewhat> or "none")
1: note(debug.getinfo(<int 1 3>, "u").nups, (debug.getlocal(1, <int 1 30>)), (debug.getupvalue(f1, 1)))
1: note(string.match(debug.traceback("now", 1), "[^\\n]*\\n[^\\n]*\\n[^\\n]*"))
1: <N> = #string.format("%s %s", os.time() > 0, type(os.clock())) + (os.getenv("NO_SUCH") and 1 or 0)
""")

#: bf1 and bf2 are string.buffers; what is put in is taken out before it becomes much.
BUFFERS = rows("""
4: if #bf1 < 300 then bf1:put(<plain_string>, <small>, <S>) end
2: if #bf2 < 300 then bf2:put(<string>, <any>) end
1: if #bf2 < 300 then <B>:putf(<format>) end
2: <S> = short(<B>:get(<small> % 9))
1: <S> = short(<B>:get(<int 0 3>, <int 0 2>))
1: <V> = short(<B>:get())
2: <S> = short(tostring(<B>))
1: <S> = short(<B> .. <plain_string>)
2: <N> = #<B>
1: <B>:set(<string>)
2: <B>:skip(<small> % 20)
1: <B>:reset()
1: <B>:free()
1: bf1:put(bf2):skip(<int 0 300>)
1: <V> = buffer.decode(buffer.encode(<any>))
1: <N> = #buffer.encode({<number>, <string>, {<any>}})
1: do local t = buffer.decode(buffer.encode({x = <number>, <atom>, <S>}))
<N> = value(t.x) <V> = t[1] or t[2] end
1: <B>:encode(<atom>) note(<B>:decode())
1: <V> = buffer.decode(<string>)
1: <V> = <B>.<pick put|get|none>
""")

CHUNKS = rows("""
2: note(loadstring("return <pick 1|x|'a'|#|nil or 2|...|(|1 2|a.|--|[[x|0x|1e>"))
1: note(load(<pick string.gmatch("return 1, 2", ".")|function() end|function() return {} end>))
1: note(load(function() error(<atom>) end))
2: do local g# = loadstring("local a = ... return a <pick +|*|..|-> <pick 1|0.5|-2|nil>")
<N> = g#(<number>) end
1: do local g# = setfenv(loadstring("q = (q or 0) + 1 return q"), {q = <atom>})
for i = 1, <int 1 60> do <N> = g#() end end
1: do local g# = loadstring(string.dump(function(x) return x <pick +|*> 2 end, <pick true|false>))
for i = 1, <int 1 60> do <N> = g#(i) end end
1: <V> = getfenv(<pick 0|1|f1>) == _G
1: for i = 1, <int 1 9> do <N> = loadstring("local t = {...} return #t + " .. i)(<any>, <any>) end
""")
