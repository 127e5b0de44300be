"""Rules that read the heap or the trace: constants, strings, new tables, bounds checks, barriers."""

from __future__ import annotations

import math

import pytest

from ir.abort import Abort, TraceError
from ir.builder import DROPPED, TraceBuilder
from ir.calls import CALL_NUMBERS
from ir.fields import FIELD_NUMBERS
from ir.heap import string_bytes
from ir.layout import Ptr
from ir.objects import GCfunc
from ir.ops import SLOAD_TYPECHECK, XLOAD_READONLY, Op
from ir.trace import Trace
from ir.types import IRType
from ir.values import Ins
from tests.ir.fold_replay import FakeHeap

INT, NUM, STR, TAB, P64 = IRType.INT, IRType.NUM, IRType.STR, IRType.TAB, IRType.P64


@pytest.fixture
def b() -> TraceBuilder:
    return TraceBuilder(Trace(), heap=FakeHeap())


def slot(b: TraceBuilder, number: int, type_: IRType) -> Ins:
    return b.raw(Op.SLOAD, type_, number, SLOAD_TYPECHECK, guard=True)


def call(b: TraceBuilder, name: str, *args: Ins) -> Ins:
    return b.call(CALL_NUMBERS[name], *args)


def field(b: TraceBuilder, type_: IRType, thing: Ins, name: str) -> Ins:
    return b.emit(Op.FLOAD, type_, thing, FIELD_NUMBERS[name])


def text(ins: Ins) -> bytes:
    assert ins.op is Op.KGC and ins.type is STR
    return string_bytes(ins.args[0])


def test_calls_of_constants(b):
    assert call(b, "sin", b.knum(1.0)) is b.knum(math.sin(1.0))
    assert call(b, "exp", b.knum(1e9)) is b.knum(math.inf)
    assert call(b, "atan2", b.knum(1.0), b.knum(2.0)) is b.knum(math.atan2(1.0, 2.0))
    assert call(b, "lj_str_cmp", b.kstr(b"a"), b.kstr(b"b")) is b.kint(-1)
    assert call(b, "sin", slot(b, 2, NUM)).op is Op.CALLN


def test_strings_of_constants(b):
    assert text(b.emit(Op.TOSTR, STR, b.kint(-7), 0)) == b"-7"
    assert text(b.emit(Op.TOSTR, STR, b.kint(65), 2)) == b"A"
    assert text(b.emit(Op.TOSTR, STR, b.knum(0.5), 1)) == b"0.5"
    assert b.emit(Op.STRTO, NUM, b.kstr(b"2.5"), guard=True) is b.knum(2.5)
    assert field(b, INT, b.kstr(b"abc"), "str.len") is b.kint(3)


def test_substrings(b):
    s = b.kstr(b"hello")
    pointer = b.emit(Op.STRREF, P64, s, b.kint(1))
    assert pointer.op is Op.KKPTR
    assert text(b.emit(Op.SNEW, STR, pointer, b.kint(3))) == b"ell"
    assert b.emit(Op.XLOAD, IRType.U8, pointer, XLOAD_READONLY) is b.kint(ord("e"))
    x, i = slot(b, 2, STR), slot(b, 3, INT)
    assert text(b.emit(Op.SNEW, STR, b.emit(Op.STRREF, P64, x, i), b.kint(0))) == b""
    part = b.emit(Op.SNEW, STR, b.emit(Op.STRREF, P64, x, b.kint(2)), i)
    assert b.emit(Op.STRREF, P64, part, b.kint(0)) is part.args[0]
    inner = b.emit(Op.STRREF, P64, part, b.kint(3))
    assert inner.op is Op.STRREF and inner.args == (x, b.kint(5))
    assert field(b, INT, part, "str.len") is i


def test_comparison_with_a_short_constant(b):
    x, i = slot(b, 2, STR), slot(b, 3, INT)
    part = b.emit(Op.SNEW, STR, b.emit(Op.STRREF, P64, x, i), b.kint(2))
    assert b.emit(Op.NE, STR, part, b.kstr(b"abc"), guard=True) is DROPPED, "the lengths differ"
    with pytest.raises(Abort) as caught:
        b.emit(Op.EQ, STR, part, b.kstr(b"abc"), guard=True)
    assert caught.value.error is TraceError.GFAIL
    check = b.emit(Op.EQ, STR, part, b.kstr(b"ab"), guard=True)
    assert check.type is INT and check.args[0].op is Op.XLOAD
    assert check.args[1] is b.kint(int.from_bytes(b"ab", "little"))


def test_pointers(b):
    base = b.kptr(4096)
    assert b.emit(Op.ADD, P64, base, b.kint64(8)) is b.kptr(4104)
    assert b.emit(Op.ADD, P64, b.kint64(8), b.kkptr(4096)) is b.kkptr(4104)
    assert b.emit(Op.ADD, P64, b.kgc(4096, IRType.FUNC), b.kint64(-8)) is b.kptr(4088)


def test_new_tables_lack_keys(b):
    new = b.emit(Op.TNEW, TAB, 3, 2, guard=True)
    assert field(b, INT, new, "tab.asize") is b.kint(3)
    assert field(b, INT, new, "tab.hmask") is b.kint(3)
    assert field(b, TAB, new, "tab.meta") is b.knull(TAB)
    key = slot(b, 2, STR)
    missing = b.emit(Op.HREF, P64, new, key)
    assert missing is b.kkptr(b.heap.niltv)
    assert b.emit(Op.HLOAD, IRType.NIL, missing) is b.trace.k_nil
    copy = b.emit(Op.TDUP, TAB, b.kgc(b.heap.table([None, 5.0], 0), TAB), guard=True)
    assert b.emit(Op.HREF, P64, copy, b.kstr(b"x")) is b.kkptr(b.heap.niltv)
    aref = b.emit(Op.AREF, P64, field(b, P64, copy, "tab.array"), b.kint(1))
    assert b.emit(Op.ALOAD, NUM, aref, guard=True) is b.knum(5.0)
    newref = b.emit(Op.NEWREF, P64, new, key)
    b.emit(Op.HSTORE, NUM, newref, b.knum(1.0))
    assert b.emit(Op.HREF, P64, new, key).op is Op.HREF
    assert field(b, INT, new, "tab.hmask").op is Op.FLOAD, "the table may have grown"
    assert field(b, INT, copy, "tab.hmask") is b.kint(0), "another table"


def test_escaped_table_may_alias(b):
    other = slot(b, 2, TAB)
    new = b.emit(Op.TNEW, TAB, 3, 0, guard=True)
    array = field(b, P64, new, "tab.array")
    place = b.emit(Op.AREF, P64, array, b.kint(1))
    b.emit(Op.ASTORE, NUM, place, b.knum(1.0))
    others = b.emit(Op.AREF, P64, field(b, P64, other, "tab.array"), b.kint(1))
    b.emit(Op.ASTORE, NUM, others, b.knum(2.0))
    assert b.emit(Op.ALOAD, NUM, place, guard=True) is b.knum(1.0)
    b.emit(Op.ASTORE, TAB, others, new)
    fresh = field(b, P64, slot(b, 3, TAB), "tab.array")
    b.emit(Op.ASTORE, NUM, b.emit(Op.AREF, P64, fresh, b.kint(1)), b.knum(3.0))
    assert b.emit(Op.ALOAD, NUM, place, guard=True).op is Op.ALOAD


def test_length_is_not_forwarded_over_a_store_that_may_alias(b):
    t, u = slot(b, 2, TAB), slot(b, 3, TAB)
    first = b.emit(Op.ALEN, INT, t, b.trace.k_nil)
    assert b.emit(Op.ALEN, INT, t, b.trace.k_nil) is first
    index = b.emit(Op.ADD, INT, first, b.kint(1))
    b.emit(Op.ASTORE, NUM, b.emit(Op.AREF, P64, field(b, P64, u, "tab.array"), index), b.knum(1.0))
    assert b.emit(Op.ALEN, INT, t, b.trace.k_nil) is not first


def test_functions(b):
    function = b.heap.function()
    Ptr(GCfunc, function).ffid = 9
    assert field(b, IRType.U8, b.kgc(function, IRType.FUNC), "func.ffid") is b.kint(9)


def test_bounds_checks(b):
    table, i = slot(b, 2, TAB), slot(b, 3, INT)
    size = field(b, INT, table, "tab.asize")
    first = b.emit(Op.ABC, INT, size, b.kint(3), guard=True)
    assert b.emit(Op.ABC, INT, size, b.kint(2), guard=True) is DROPPED
    assert b.emit(Op.ABC, INT, size, b.kint(7), guard=True) is DROPPED
    assert first.args[1] is b.kint(7), "one check of the largest"
    b.emit(Op.ABC, INT, size, i, guard=True)
    up = b.emit(Op.ADD, INT, i, b.kint(1))
    up.phi = True
    down = b.emit(Op.ADD, INT, up, b.kint(-1))
    assert down is not i, "nothing is made through a loop-carried value"
    assert b.emit(Op.ABC, INT, size, down, guard=True) is DROPPED
    b.raw(Op.LOOP, IRType.NIL, guard=True)
    assert b.emit(Op.ABC, IRType.P32, size, up, guard=True) is DROPPED, "marked invariant"


def test_barriers(b):
    old, new = slot(b, 2, TAB), b.emit(Op.TNEW, TAB, 0, 0, guard=True)
    barrier = b.emit(Op.TBAR, IRType.NIL, old)
    assert b.emit(Op.TBAR, IRType.NIL, old) is barrier
    assert b.emit(Op.TBAR, IRType.NIL, new) is DROPPED
    b.raw(Op.LOOP, IRType.NIL, guard=True)
    assert b.emit(Op.TBAR, IRType.NIL, old) is not barrier, "a collector step may lie between"
    assert b.emit(Op.TBAR, IRType.NIL, new).op is Op.TBAR
    assert b.emit(Op.PROF, IRType.NIL) is b.emit(Op.PROF, IRType.NIL)


def test_fields_of_buffers(b):
    buffer = slot(b, 2, IRType.UDATA)
    end = field(b, P64, buffer, "sbuf.w")
    assert field(b, P64, buffer, "sbuf.w") is end
    place = b.emit(Op.ADD, P64, buffer, b.kint(48))
    header = b.emit(Op.BUFHDR, P64, place, 2)
    put = b.emit(Op.BUFPUT, P64, header, slot(b, 3, STR), guard=True)
    later = field(b, P64, buffer, "sbuf.w")
    assert later is not end, "what was put moved the end"
    assert b.emit(Op.BUFHDR, P64, place, 2) is header
    call(b, "lj_buf_putmem", put, later, b.kint(3))
    assert field(b, P64, buffer, "sbuf.w") is not later
    reference = b.emit(Op.FREF, P64, buffer, FIELD_NUMBERS["sbuf.w"])
    b.emit(Op.FSTORE, P64, reference, end)
    b.emit(Op.BUFPUT, P64, header, slot(b, 4, STR), guard=True)
    assert b.emit(Op.FSTORE, P64, reference, end) is not DROPPED, "it was changed in between"
