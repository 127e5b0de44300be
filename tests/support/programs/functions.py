"""Statements about functions: closures, varargs, recursion, coroutines, errors."""

from __future__ import annotations

from tests.support.programs.grammar import rows

CLOSURES = rows("""
3: local g# = function(k)
<body k>
return k + <atom>
end
for i# = 1, <trips> do
<N> = value(g#(i#))
end
2: local t# = {}
for i# = 1, <trips> do
local k# = <number>
t#[i#] = function(x) k# = k# + x return k# <pick +|-|*> i# end
<loop i# k#>
end
for i#, g# in ipairs(t#) do
<N> = <N> + g#(<atom>) - t#[1](i#)
end
1: local g#, h#
do
local u# = <number>
g#, h# = function(x) u# = x return u# end, function() return u# end
end
for i# = 1, <trips> do
g#(<number>)
<loop i#>
<N> = h#() + i#
end
2: local function g#(k, m)
if k <= 0 then return m end
<body k m>
return g#(k - 1, m + <atom>)
end
<V> = g#(<trips>, <number>)
1: local function g#(k)
if k < 2 then return k end
return g#(k - 1) <pick +|-> g#(k - 2)
end
for i# = 1, 6 do
<N> = g#(<int 2 7>) + i#
end
1: local function g#(k) if k == 0 then return <atom> end return g#(k - 1) + <atom> end
<N> = g#(<pick 300|1000|3000|50>)
1: local t# = {}
for i# = 1, <pick 100|230|60> do t#[i#] = i# end
local function g#(...) local a, b = ... return select("#", ...), a, ..., b end
for i# = 1, <trips> do
<N>, <V> = g#(unpack(t#, 1, i#))
<N> = select(i#, unpack(t#)) or <atom>
end
1: local function g#(k, ...)
if k <= 0 then return select("#", ...), ... end
return g#(k - 1, k, ...)
end
<N>, <V> = g#(<int 0 40>)
1: local e#, g#
function e#(k) if k <= 0 then return true end return g#(k - 1) end
function g#(k) if k <= 0 then return false end return e#(k - 1) end
<V> = e#(<trips>)
1: local function g#(k)
if k == 0 then return {} end
local t = {k, l = g#(k - 1)}
return t
end
local t# = g#(<int 0 60>)
while t#.l do
<N> = <N> + t#[1]
t# = t#.l
end
2: local g# = function(...)
<variadic>
return select("#", ...), ...
end
for i# = 1, <trips> do
<N>, <V> = g#(<any>, i#, <any>)
end
1: local g# = function(...)
local t, m = {...}, 0
for i# = 1, select("#", ...) do
m = m + value((select(i#, ...)))
end
return m, #t, unpack(t, 2, 3)
end
for i# = 1, <trips> do
<N>, <V> = g#(<number>, i#, <atom>)
<N>, <N> = g#(unpack(<A>, 1, <int 0 5>))
end
1: local function g#(a, b, ...) return b, a, ... end
for i# = 1, <trips> do
n1, n2, <V> = g#(g#(n1, n2, <any>))
<loop i#>
end
1: local q# = {v = <atom>}
function q#.set(k) q#.v = k return q# end
function q#:add(k, ...) self.v = self.v + k return self, ... end
for i# = 1, <trips> do
<N> = q#:add(<number>):add(i#, <any>).v + q#.set(<atom>).v
<loop i#>
end
1: local g# = loadstring("local a, b = ... return a + b, <pick a|b|...|nil>")
for i# = 1, <trips> do
<N>, <V> = g#(i#, <number>)
end
1: local g# = loadstring(string.dump(function(a, b) if a < 0 then return b end return a + b end))
for i# = 1, <trips> do
<N> = g#(i#, <number>)
<loop i#>
end
1: local g# = setfenv(function(k) x = (x or 0) + k return x end, {x = <atom>})
for i# = 1, <trips> do
<N> = g#(i#)
<loop i#>
end
""")

COROUTINES = rows("""
3: for w# in coroutine.wrap(function()
for i# = 1, <int 1 30> do
yield(i#)
<coroutine i#>
end
end) do
c# = (c# or 0) + 1 if c# > <trips> then break end
if type(w#) == "number" then <N> = w# end
<loop c#>
end
3: local t# = coroutine.create(function(p, q)
<coroutine>
local r# = yield(<any>, p)
<coroutine>
for i# = 1, <int 1 60> do
q = yield(i#, q)
end
return <any>
end)
for i# = 1, <trips> do
local fine, w#, x# = coroutine.resume(t#, i#, <atom>)
if not fine then note(w#, coroutine.status(t#)) break end
<N> = value(w#) + value(x#)
<loop i#>
end
note(coroutine.status(t#))
1: local t# = coroutine.wrap(function(...)
local fine, w# = pcall(function(...)
<coroutine>
return yield(<any>)
end, ...)
note(fine, w#)
while true do yield(fine) end
end)
for i# = 1, <trips> do
<V> = t#(i#)
<loop i#>
end
1: local t# = {}
for i# = 1, <int 1 20> do
t#[i#] = coroutine.wrap(function(k) while true do k = yield(k <pick +|-|*> i#) or 1 end end)
end
for i# = 1, <trips> do
for _, w# in ipairs(t#) do
<N> = w#(i#)
end
<loop i#>
end
1: local t# = coroutine.create(function() <N> = maybe(<atom>) error(<any>) end)
note(coroutine.resume(t#), coroutine.status(t#))
note(coroutine.resume(t#, <number>))
note(coroutine.resume(t#), coroutine.status(t#), coroutine.resume(coroutine.create(yield), 1))
1: local t# = setmetatable({}, {__index = function(_, k) return maybe(k) end, __add = function(a, b)
<coroutine>
return maybe(<atom>)
end, __lt = function() return maybe(true) end, __eq = function() return maybe(false) end,
__concat = function(a, b) return maybe("y") end, __call = function(_, k) return maybe(k) end,
__newindex = function(_, k, w) rawset(r1, "x", maybe(w)) end})
local w# = coroutine.wrap(function()
for i# = 1, <int 1 60> do
<N> = value(t# + 1) + value(t#[i#]) + value(t#(i#))
t#[i#] = <atom>
<S> = t# .. "x"
<V> = t# < t#
if i# % 7 == 3 then <V> = t# <pick ==|~=> setmetatable({}, getmetatable(t#)) end
end
end)
for i# = 1, <trips> do
note(pcall(w#, <pick nil|i#|"s">))
<loop i#>
end
1: local w# = coroutine.wrap(function() table.sort(<A>, function(a, b) return maybe(a < b) end) end)
note(pcall(w#))
1: local function g#(k)
if k > 0 then g#(k - 1) yield(k) g#(k - 1) end
end
for w# in coroutine.wrap(function() g#(<int 1 6>) end) do
<N> = <N> + w#
<block w#>
end
1: local t# = coroutine.wrap(function()
local u# = coroutine.wrap(function()
for i# = 1, <int 1 60> do yield(i#) end
<coroutine>
return nil
end)
for w# in u# do yield(w#) end
end)
for w# in t# do
c# = (c# or 0) + 1 if c# > <trips> then break end
if type(w#) == "number" then <N> = <N> + w# end
end
1: local w# = coroutine.wrap(function(...)
local k = select("#", ...)
while true do k = select("#", yield(k, ...)) end
end)
for i# = 1, <trips> do
<N>, <V> = w#(i#, <any>, unpack(a1, 1, i# % 3))
end
""")

ERRORS = rows("""
3: note(pcall(function()
<body>
error(<any>, <int 0 2>)
end))
2: for i# = 1, <trips> do
local fine, w# = pcall(function(k)
<body k>
if k % <int 2 5> == 0 then error(<any>) end
return k
end, i#)
if fine then <N> = value(w#) elseif i# > <int 40 70> then note(w#) end
end
2: for i# = 1, <trips> do
local fine, w# = pcall(error, <any>)
<V> = w#
<loop i#>
end
1: note(xpcall(function()
<body>
return <mistake>
end, function(m) note("handler", m) return <any> end))
1: note(xpcall(function() error(<any>) end, function(m) error(m) end))
1: for i# = 1, <trips> do
local fine, w# = xpcall(<f>, function(m) return <any> end, i#, <any>)
<V> = w#
<loop i#>
end
1: note(select(2, pcall(pcall)), pcall(pcall, error, <any>), pcall(assert, <condition>, <any>))
1: note(pcall(assert, <any>, "asserted"), pcall(assert))
4: note(pcall(function()
<body>
return <mistake>
end))
1: local function g#(k) if k == 0 then return <mistake> end return 1 + g#(k - 1) end
note(pcall(g#, <int 0 80>))
1: local function g#(k) return <pick g#(k + 1) + 1|(g#(k + 1))|k .. g#(k)> end
if <scope> == 7 then note(pcall(g#, 1)) end
1: for i# = 1, <trips> do
local w# = i# == <int 1 100> and <any> or i#
note(pcall(function() <N> = <N> + w# return w#.x end))
<loop i#>
end
1: local p# = newproxy(true)
getmetatable(p#).__len = function() return <number> end
getmetatable(p#).__index = function(_, k) return k end
getmetatable(p#).__gc = function() global3 = 1 end
getmetatable(p#).__unm = function() return <atom> end
for i# = 1, <trips> do
<N> = #p# + value(p#[i#]) - value(-p#)
<loop i#>
end
1: local function g#(k) if k == 0 then error(<any>, <int 0 4>) end local a = g#(k - 1) return a end
for i# = 1, <trips> do
local fine, w# = pcall(g#, i# % 9)
<V> = w#
end
1: for i# = 1, <trips> do
note(xpcall(function() <N> = <N> + <any> return <N> end, function(m) return type(m) end))
<loop i#>
end
1: note(xpcall(function() return <mistake> end, function(m) return plain(debug.traceback(m, 1)) end))
1: note(pcall(string.rep), pcall(("x").rep, "x", {}), pcall(setmetatable, 1, {}))
note(pcall(ipairs), pcall(next, {}, 1))
""")

MISTAKES = rows("""
2: <pick n1|s1|v1|(nil)|f1|global9>.x.y
1: (<any>)()
1: <V>.<F>
1: <V>()
1: <V>:method(<atom>)
1: #<V>
1: -<V>
1: <any> + <any>
1: <any> .. <any>
1: <any> < <any>
1: <O>.missing.field
1: r1.<F>.w
1: global9()
1: ("x")()
1: ({})[nil]
1: string.rep("x", -1, <any>)
1: string.format("%d", <any>)
1: string.sub(<any>)
1: math.floor(<any>)
1: setmetatable(<any>, <any>)
1: tonumber("z", <int 0 40>)
1: select(<any>, 1)
1: ("x"):bad()
1: unpack(<any>)
1: <R>[<key>]
1: getmetatable("").__index
1: bit.band(<any>, 1)
1: table.concat({1, <any>, 3})
1: loadstring(<string>)
1: error(<any>, <int 0 3>)
1: <A> < <A>
1: <O> < <number>
1: math.random(<int -1 1>)
1: string.char(<int 200 300>)
1: ipairs(<any>)
1: next({}, <any>)
1: rawset(<any>, <any>, 1)
1: coroutine.resume(<any>)
1: coroutine.wrap(<any>)
1: string.gsub(<any>, <pattern>, <any>)
""")
