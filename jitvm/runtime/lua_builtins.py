"""Library functions written in Lua: their prototypes, which look like those of LuaJIT's.

    lua_library("table.getn", "return function(t) CHECK_tab(t) return #t end")

CHECK_str, CHECK_tab, CHECK_func and CHECK_num are one bytecode each, which makes sure of the type of an
argument (ISTYPE, ISNUM).  PAIRS(t) is the start of a loop over a table that calls `next` itself.
Subscripts ignore metatables (TGETR, TSETR).

None of these is syntax of Lua, so the source is compiled with an assignment of a marked number for each
check, and the bytecode is changed afterwards.  There is no debug information, as in LuaJIT.
"""

from __future__ import annotations

import re

from jitvm.front.bytecode import BC, a_of, d_of, ins_ad, op_of
from jitvm.front.parser import compile_chunk
from jitvm.front.proto import Prototype

#: The operand of ISTYPE or ISNUM: ~tag + 1.
CHECKS = {b"str": 5, b"func": 9, b"tab": 12, b"num": 15}
NUMBER = CHECKS[b"num"]
#: A KSHORT of this and more is a check.
MARK = 32000
REPLACED = {BC.TGETV: BC.TGETR, BC.TSETV: BC.TSETR, BC.ITERC: BC.ITERN}
_CHECK = re.compile(rb"CHECK_([a-z]+)\((\w+)\)")
_PAIRS = re.compile(rb"PAIRS\((\w+)\)")


def builtin_prototype(source: str, name: str) -> Prototype:
    """The first child of a chunk that does nothing but return it."""
    text = _CHECK.sub(lambda m: b"%s = %d" % (m[2], MARK + CHECKS[m[1]]), source.encode())
    text = _PAIRS.sub(rb"nil, \1, 0", text)
    proto = compile_chunk(text, b"=[builtin:" + name.encode() + b"]").children[0]
    proto.bytecode = [_changed(ins) for ins in proto.bytecode]
    proto.lines, proto.varinfo, proto.uvnames = [], [], []
    proto.firstline, proto.numline = -1, 0
    return proto


def _changed(ins: int) -> int:
    op = BC(op_of(ins))
    if op is BC.KSHORT and MARK <= d_of(ins) <= MARK + NUMBER:
        kind = d_of(ins) - MARK
        return ins_ad(BC.ISNUM if kind == NUMBER else BC.ISTYPE, a_of(ins), kind)
    return ins & ~0xFF | REPLACED.get(op, op)
