"""Statements of random programs: assignments, branches and loops of every form."""

from __future__ import annotations

from tests.support.programs.grammar import rows

SIMPLE = rows("""
9: <N> = <number>
4: <N> = <N> <pick +|-|*> <small>
4: local <new x#> = <number>
3: <S> = short(<string>)
1: <S> = string.sub(<S> .. <string>, 1, 30)
4: <V> = <any>
5: <A>[<index>] = <number>
1: <A>[<index>] = nil
1: <A>[#<A> % 30 + 1] = <number>
1: <A>[#<A>] = nil
1: m1[<index>] = <any>
4: <R>.<F> = <number>
1: <R>.<F> = nil
1: <R>[<key>] = <atom>
1: <R>["<F>"], <N> = <number>, <R>.<F>
1: n1, n2, n3 = n2, n3, n1
1: n1, n2, n3 = n3, <number>, n2
1: n4, n2 = n2, n4
1: <A>[<index>], <A>[<index>], <N> = <number>, <number>, <A>[<index>]
1: s1, s2 = s2, s1
1: <pick a2 = a1|a1 = a2|r2 = r1|o1 = o2|r1 = o1|a1 = m1>
1: <R>[("<F>"):rep(1)] = <number>
1: <A>[<pick 1.0|"1"|2^53|-0|1e15|-1|0>] = <number>
1: v1, v2 = v2, <any>
1: <N>, <V> = <number>
1 rich: <N>, <V> = (<f>(<number>, <atom>)), <any>
1 rich: <N>, <N>, <V> = <number>, <f>(<number>, <atom>)
2: global1 = (tonumber(global1) or 0) + <small>
1: global2 = <any>
1: note(<any>, <number>, <S>)
2: if type(<V>) == "number" then <N> = <N> + <V> elseif <V> then <N> = <N> - 1 else <N> = -<N> end
1: do local a, b, c = <number>, <any>; local d = a; <N>, <V> = d, c or b end
2 loop: if <condition> then break end
1 loop: do break end
3 label: if <condition> then goto <label> end
2 function: if <condition> then return <number> end
1 function: do return <number>, <any> end
1 function rich: if <condition> then return <f>(<number>, <atom>) end
1 variadic: if <condition> then return ... end
1 variadic: local <new x#>, y# = (... or <atom>), ...
2 yields: <N> = yield(<atom>) or <N>
1 yields: <V> = coroutine.yield(<atom>, <any>)
2 rich: local g# = function(k) <N> = <N> + k return <number> end; <N> = g#(<atom>)
2 rich: do local fine, v = pcall(<f>, <any>, <any>) if fine then <N> = value(v) else note(v) end end
1 rich: do local fine, v = pcall(<f>) <V> = v end
1 rich: <N> = <f>(<f>(<number>, <atom>), <f>(<atom>, <number>))
3 rich: <O> = <object>
1 rich: <O>.<F> = <number>
1 rich: <O>[<key>] = <atom>
1 rich: rawset(<O>, "<F>", <atom>)
1 rich: <V> = rawget(<O>, "<F>")
1 rich: M.__<pick add|sub|index|newindex|call|concat|unm|lt|eq|mul> = <event_value>
1 rich: setmetatable(<R>, <metatable>)
1 rich: setmetatable(<A>, <metatable>)
1 rich: <V> = getmetatable(<pick r1|a1|o1|"x">) == M
5 rich: <library>
3 rich: <buffer>
1 rich: <chunk>
""")

COMPOUND = rows("""
6: if <condition> then
<block>
end
4: if <condition> then
<block>
else
<block>
end
2: if <condition> then
<block>
elseif <condition> then
<block>
else
<block>
end
1: do
<block>
end
4: for i# = 1, <trips> do
<loop i#>
end
2: for i# = 1, <trips> do
<next next_i# i#>
end
3: for i# = <pick 0|-30|0.5|2147483600|-1.5>, <int 1 200> do
if i# > <trips> then break end
<loop i#>
end
2: for i# = <pick 0|1|100|2147483000>, <pick 1|-1e9|2147483647|1/0|0/0|-0>, <pick 1|-1|2|0.25|-7|-0.5|3> do
if abs(i# - i#) ~= 0 or #s1 > 60 then break end
c# = (c# or 0) + 1 if c# > <trips> then break end
<loop i#>
end
1: for i# = <number>, <number>, <small> do
c# = (c# or 0) + 1 if c# > <trips> then break end
<loop i#>
end
3: for i#, w# in ipairs(<A>) do
if i# > <trips> then break end
<loop i#>
end
1: for i#, w# in ipairs(<A>) do
if i# > <trips> then break end
<N> = <N> + w#
<A>[i# + 1] = <pick nil|i#|w#>
<loop i# w#>
end
2: for k#, w# in <pick pairs(a1)|next, a2|pairs(m1)|next, a1, nil> do
c# = (c# or 0) + 1 if c# > <trips> then break end
<pick a1|a2|m1>[k#] = <pick nil|w#|1|c#>
<N> = <N> + 1
<block>
end
1: for k#, w# in <pick pairs(r1)|next, r2|pairs(r2)|next, r1, nil> do
<pick r1|r2>[k#] = <pick nil|1|true|nil>
n4 = max(n4, value(w#))
if type(k#) == "string" then n1 = n1 + #k# else v1 = <pick nil|1> end
end
2: local i# = 0
while i# < <trips> do
i# = i# + 1
<loop i#>
end
1: local i# = 0
while i# < <trips> and <condition> do
i# = i# + 1
<next next_i# i#>
end
2: local i# = 0
repeat
i# = i# + 1
local u# = <number>
local w# = function() u# = u# + 1 return u# end
<loop i# u#>
until i# >= <trips> or w#() == <atom>
1: local i# = 0
while true do
i# = i# + 1
if i# > <trips> then break end
<loop i#>
end
1: do local i# = 0
::top#::
i# = i# + 1
<block i#>
if i# < <trips> then goto top# end
end
1: for i# = 1, <trips> do
for j# = 1, 3 do
if <condition> then goto out# end
<block i# j#>
end
::out#::
end
1: local k#, w# = nil, nil
repeat
k#, w# = next(<A>, k#)
c# = (c# or 0) + 1
<block>
until k# == nil or c# >= <trips>
1: local t# = {}
for i# = 1, <trips> do
t#[i#] = t#[i# - 1] and i# + value(t#[i# - 1]) or <number>
<loop i#>
end
<N> = #t#
1: for i# = <trips>, 1, -1 do
<loop i#>
end
2: local p#, q#, t#, u#, w# = <number>, <number>, <number>, <small>, 0
for i# = 1, <trips> do
<loop i# p# q# t# u# w#>
p#, q#, t#, u#, w# = <pick q#, p#, u#, w#, t#|q#, t#, u#, w#, p#|p#, p#, q#, t#, i#|u# + 1, q#, w#, t#, q#>
end
<N> = value(p#) + value(q#) - value(t#) + value(u#) * 2 + value(w#)
2: local p#, q#, t#, u# = <number>, <number>, <small>, 0
for i# = 1, <trips> do
p#, q#, t# = q#, <number>, p#
for j# = 0, <int 1 4> do
u# = <pick p#|next(a2)|#s1|floor(q#)> == <pick nil|t#|u#|1> and t# or q#
<pick p#|q#|t#> = <pick u#|100 - i#|j#|t#>
end
end
<N> = value(p#) + value(q#) - value(t#) + value(u#)
3: for i# = 1, <trips> do
local t# = {x = i#, y = <number>, <atom>}
if <condition> then <pick m1[2] = t#|v1 = t#|t#.x = t#|t# = {y = 1, x = i#}|t#[2] = i#> end
<loop i#>
<N> = value(t#.x) + value(t#.y) + (t#[1] or 0)
end
2: for i# = 1, <trips> do
local t# = wrap(<number>)
t#.<F> = i#
if <condition> then <pick o1 = t#|v2 = t#|t# = o2|rawset(t#, "x", nil)|setmetatable(t#, nil)> end
<loop i#>
<N> = t#.v + value(rawget(t#, "<F>"))
end
1: local t# = {}
for i# = 1, <int 1 600> do t#[#t# + 1] = i# <pick +|*|%> <small> end
for k#, w# in pairs(t#) do
c# = (c# or 0) + 1 if c# > <trips> then break end
t#[k#] = <pick nil|w#|k#|"s"|false>
<loop c#>
end
<N> = #t#
1: local t# = {}
for i# = 1, <int 1 90> do t#[<pick i# * 1.5|i# * 1e6|-i#|i# % 7 + 0.5|2 ^ i#>] = i# end
for k#, w# in pairs(t#) do
c# = (c# or 0) + 1 if c# > <trips> then break end
<N> = <N> + clean(k#) % 1000 - w#
<loop c# w#>
end
1: local t# = {}
for i# = 1, <trips> do
t#[i#] = function(x) i# = i# + (x or 1) return i# end
<loop i#>
end
for i# = 1, #t# do <N> = t#[i#](<atom>) + t#[1]() end
1: local b# = <pick ""|"x"|s1>
for i# = 1, <trips> do
b# = b# .. <pick i#|"y"|s2|n1 % 7> .. (<condition> and "z" or "")
if #b# > 300 then b# = string.sub(b#, -9) end
<loop i#>
end
<S> = short(b#)
""")
