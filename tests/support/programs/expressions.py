"""Expressions of random programs, by type: what goes wrong at run time is caught by the program's steps.

What JITs get wrong has the higher weights: integers that become numbers, -0, NaN, the edges of 31 and 32
bits, holes, variables that change type.  Left out is what differs between two runs of luajit itself:
addresses, the order of string keys, the sign of a printed NaN.
"""

from __future__ import annotations

from tests.support.programs.grammar import rows

#: What an expression ends in where it is deep enough.
LEAVES = {
    "number": "atom",
    "string": "plain_string",
    "condition": "plain_condition",
    "any": "atom",
    "object": "plain_object",
}

ATOMS = rows("""
3: <scope>
4: <N>
3: (<common>)
1: (<edge>)
""")

COMMON = rows("""
6: <pick 0|1|-1|2|3|5|7|10>
3: <pick 100|0.5|-0.5|1.5|0.25|12|31|255>
""")

EDGES = rows("""
4: <pick -0|0/0|1/0|-1/0|0.1>
4: <pick 2147483647|2147483646|-2147483648|-2147483647|2147483648>
3: <pick 4294967295|4294967296|9007199254740992|9007199254740993|-9007199254740992>
2: <pick 1e15|1e300|-1e-300|4503599627370496|1e308|5e-324|140737488355327>
1: <pick 0x7fffffff|0xffffffff|0x1p4|1e2|.5|3.|0xA>
""")

SMALL = rows("""
2: <scope>
3: (<common>)
""")

INTEGERS = rows("""
4: tobit(<N> % 4294967296)
2: tobit(<scope> % 4294967296)
3: <N>
1: <edge>
1: (<scope> + <common>)
""")

INDICES = rows("""
5: <scope>
1: <scope> + 1
1: <scope> - 1
1: <scope> % 8 + 1
1: <scope> * 0.5
6: <int 0 12>
1: floor(abs(<N> % 20) or 0)
1: #<A>
1: #<A> + 1
1: <N>
""")

NUMBERS = rows("""
9: <atom>
5: (<number> + <number>)
4: (<number> - <number>)
4: (<number> * <number>)
2: (<number> / <number>)
3: (<number> % <number>)
1: (<N> % 1000) ^ 2
1: (<N> % 16) ^ <pick 3|0.5|-1|-2|0|1>
1: -<N>
1: -(<number>)
1: floor(<number>)
1: ceil(<number>)
1: abs(<number>)
1: sqrt(<number>)
1: <pick max|min>(<number>, <number>)
1: math.<pick max|min>(<number>, <number>, <atom>)
1: math.fmod(<number>, <number>)
1: (select(<pick 1|2|-1>, math.<pick modf|frexp>(<number>)))
1: math.ldexp(<N> % 100, <int -5 12>)
1: floor(math.<pick sin|cos|exp|atan|tanh>(<N> % 10) * 1000)
1: floor(math.<pick log|log10>(abs(<N>) % 1000 + 1) * 1000)
1: math.random(<int 1 50>)
2: <pick band|bor|bxor>(<integer>, <integer>)
2: <pick lshift|rshift|arshift|bit.rol|bit.ror>(<integer>, <small> % 32)
1: <pick tobit|bit.bnot|bit.bswap>(<integer>)
1: <pick band|bxor|bit.bor>(<integer>, <integer>, <edge>)
2: (<A>[<index>] or <atom>)
2: <A>[<index>]
1: (tonumber(m1[<index>]) or <small>)
1: (<R>.<F> or 0)
1: <R>.<F>
1: <R>["<F>"]
1: #<S>
1: #<A>
1: #"<pick abc||xy>"
2: (<condition> and <number> or <atom>)
1: (<V> or <atom>)
1: (<A> and <number>)
2 rich: <f>(<number>, <atom>)
1 rich: <f>(<number>)
1 rich: <f>(<number>, <atom>, <number>, <atom>)
1 rich: <f>(<any>, <any>)
1 rich: value(<object>)
1 rich: value(<O> <pick +|-|*|/|%> <number>)
1 rich: value(<number> <pick +|-|*> <O>)
1 rich: (<O>.<F> or <small>)
1 rich: value(<O>.missing)
1 rich: value(<O>[<index>])
1 rich: value(<O>(<atom>))
1 rich: value(-<O>)
1 rich: #<object>.v
1 rich: maybe(<atom>)
1: (string.byte(<string>, <small>) or 0)
1: (string.byte(<S>, <scope>) or 0)
1: (tonumber(<string>) or <small>)
1: (tonumber(<S>, <pick 16|36|2|10>) or <small>)
1: (<string> + 0)
1: (<pick "10"|"0x10"|" 3 "|"1e1"|"x"> <pick +|-|*|/> <number>)
1: (string.find(<S>, <pattern>) or <small>)
1: (string.len(<string>))
1: select("#", <any>, <any>)
1: (unpack(<A>))
1: (#{<any>, <number>, <S>})
1: ({<number>, <number>, <number>})[<index>]
1: ({x = <number>, y = <atom>}).<F>
1: (function(k) return k <pick +|-|*> <N> end)(<atom>)
1: count(<pick a1|a2|r1|r2|m1>, 0)
1: (next(<A>) or 0)
2 variadic: (select("#", ...))
2 variadic: ((select(<pick 1|2|3|-1>, ...)) or <atom>)
1 variadic: (... or <atom>)
1 variadic: #{...}
2 yields: (yield(<atom>) or <small>)
1 yields: (coroutine.yield(<atom>, <atom>) or <small>)
""")

CONDITIONS = rows("""
3: <scope> % <int 2 9> == <int 0 2>
2: <scope> > <int 0 120>
2: <scope> == <int 0 120>
2: <scope> ~= <int 0 120>
3: <number> < <number>
2: <number> <= <number>
2: <number> > <number>
2: <number> >= <number>
2: <number> == <number>
2: <number> ~= <number>
2: not (<number> < <number>)
2: <string> == <string>
1: <string> ~= <string>
1: <string> < <string>
1: <string> <= <string>
2: <A>[<index>]
1: m1[<index>] == <any>
1: m1[<index>]
2: <V>
2: not <V>
2: <V> == <any>
1: <V> ~= <V>
1: type(<V>) == "<pick number|string|nil|boolean|table>"
1: (n1 > 0 and <N> < 50 or n2 == n3)
1: (<condition> and <condition>)
1: (<condition> or <condition>)
1 rich: <O> == <O>
1 rich: <O> ~= <object>
1 rich: <O> < <object>
1 rich: <object> <= <O>
1 rich: <object> > <O>
1 rich: rawequal(<O>, <O>)
1 rich: not <O>.<F>
1: (string.find(<S>, <pattern>))
1: string.match(<S>, <pattern>) == <S>
1: <V> < <atom>
1: next(<A>) == nil
1: <any> == <any>
1: math.random() < 0.5
""")

PLAIN_CONDITIONS = rows("""
2: <scope> > <int 0 120>
2: <atom> < <atom>
1: <V>
1: <S> == "ab"
1: <N> ~= <N>
""")

PLAIN_STRINGS = rows("""
4: <S>
2: "<pick a|b|xy|10||\\0|x y|%d|-0>"
""")

STRINGS = rows("""
5: <plain_string>
2: (<S> .. <small> % 10)
2: (<S> .. <S>)
1: (<S> .. clean(<number>))
1: (<small> .. <S> .. <scope> .. <S>)
1: (<small> .. <small>)
1: (<S> .. (<plain_string> .. <S>))
1: string.sub(<S>, <int -3 3>)
1: string.sub(<string>, <scope>, <int -3 5>)
1: <S>:sub(<small>, <small>)
1: string.char(97 + <small> % 26)
1: string.char(<int 0 255>, 65 + <scope> % 26)
1: tostring(<small> % 100)
1: tostring(clean(<number>))
1: tostring(not <condition>)
1: string.rep(<plain_string>, <small> % 5)
1: string.rep(<plain_string>, <small> % 4, ",")
1: <S>:<pick upper|lower|reverse>()
1: string.<pick upper|lower|reverse>(<string>)
2: string.format(<format>)
1: (string.gsub(<string>, <pattern>, <replacement>))
1: (string.gsub(<S>, <pattern>, <plain_string>, <int 0 2>))
1: (string.match(<string>, <pattern>) or <S>)
1: (select(2, string.match(<S>, "(.)(.)")) or "")
1: table.concat({<small>, <S>, <small> % 7})
1: table.concat({<S>, <S>, <plain_string>}, <plain_string>)
1: (<S>:gsub(".", {a = "1", b = true, x = false, y = 2}))
1: (<condition> and <S> or <plain_string>)
1: type(<any>)
1: bit.tohex(<integer>, <pick 8|-4|2|1>)
1 rich: short(<O> .. <plain_string>)
1 rich: short(<plain_string> .. <O>)
1 rich: short(<S> .. <O> .. <small>)
1 rich: short(plain(<O>))
1 rich: (string.format("%s", <O>):gsub("0x%x+", ""))
1 rich: (<S>:gsub("%w", function(c) return maybe(c .. <atom>) end))
1 rich: (string.gsub(<S>, "(%w)(%w?)", function(c, d) if <plain_condition> then return d .. c end end))
""")

FORMATS = rows("""
2: "%d", <integer>
1: "%5d|%-5d|%05d", <integer>, <small> % 100, tobit(<N>)
2: "%g", clean(<number>)
2: "%.14g", clean(<number>)
1: "%<pick .3f|10.2f|e|.0f|+g|a|#x|8.3e>", clean(<number>) % 1e15
1: "%<pick x|X|o|u|i|c>", abs(<integer>) % 200
2: "%s", <string>
1: "%s %s", tostring(not <condition>), clean(<atom>)
1: "%<pick q|10s|-10s|.2s|5.1s>", <string>
1: "%d%%%s", <small> % 100, <S>
1: "%s %5s", plain(<O>), plain(<V>)
""")

PATTERNS = rows("""
4: "<pick a|%a+|%d*|.|^a|b$|x-y|[ab]+|[^a]|%s|%w%w|()b()>"
2: "<pick (a)(b)|(%w)%1|%f[%w]%w+|%b()|[%d-x]|^(.-)$|%S*|a?b|.-b|[a-c]*>"
1: "<pick %|(a|[a|%g|%x+|%p|%u|%l|%c|%z|[]]|[^]]|(()a)|a*b>"
1: <S>
""")

REPLACEMENTS = rows("""
2: "<pick x|%0%0|%1|%%|(%0)||%2|%>"
1: {a = "A", b = 1, ab = false}
1: string.upper
1: function(c) return c .. c end
1: function() return <plain_condition> and <small> or nil end
""")

ANY = rows("""
4: <number>
3: <string>
2: <condition>
1: nil
1: <pick a1|r1|o2|m1|f1|print|true|false|bf1>
1: <V>
1: m1[<index>]
1: {<number>}
""")

OBJECTS = rows("""
5: <plain_object>
2: object(<O> <pick +|-|*|/|%> <O>)
1: object(<O> + <number>)
1: object(<number> - <O>)
1: wrap(<number>)
1: object(-<O>)
1: object(<O>(<number>))
""")

PLAIN_OBJECTS = rows("""
1: <O>
""")

KEYS = rows("""
3: <index>
2: "<F>"
1: <string>
1: <any>
1: <edge>
1: <O>
1: clean(<number>)
""")

TABLES = {
    "atom": ATOMS,
    "common": COMMON,
    "edge": EDGES,
    "small": SMALL,
    "integer": INTEGERS,
    "index": INDICES,
    "number": NUMBERS,
    "condition": CONDITIONS,
    "plain_condition": PLAIN_CONDITIONS,
    "string": STRINGS,
    "plain_string": PLAIN_STRINGS,
    "format": FORMATS,
    "pattern": PATTERNS,
    "replacement": REPLACEMENTS,
    "any": ANY,
    "object": OBJECTS,
    "plain_object": PLAIN_OBJECTS,
    "key": KEYS,
    "S": rows("1: <pick s1|s2>"),
    "V": rows("1: <pick v1|v2>"),
    "A": rows("1: <pick a1|a2>"),
    "R": rows("1: <pick r1|r2>"),
    "O": rows("1: <pick o1|o2>"),
    "B": rows("1: <pick bf1|bf2>"),
    "F": rows("1: <pick x|y|z>"),
}
