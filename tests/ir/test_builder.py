"""The builder: interning, CSE, numbering, changes in place."""

from __future__ import annotations

import math
import struct

from ir.builder import TraceBuilder
from ir.ops import SLOAD_TYPECHECK, Op
from ir.passes.flags import ALL, OptFlag
from ir.trace import Trace
from ir.types import IRType

INT, NUM = IRType.INT, IRType.NUM


def builder(flags: OptFlag = ALL) -> TraceBuilder:
    return TraceBuilder(Trace(), flags)


def slot(b: TraceBuilder, number: int, type_: IRType = INT):
    return b.raw(Op.SLOAD, type_, number, SLOAD_TYPECHECK, guard=True)


def test_numbering():
    b = builder()
    assert b.trace.ins[0].op is Op.BASE
    assert slot(b, 2).ref == 1
    assert [k.ref for k in b.trace.consts] == [-1, -2, -3]
    assert b.kint(7).ref == -4
    assert b.knum(0.5).ref == -6, "a 64-bit constant takes two numbers"
    assert b.kgc(0x1000, IRType.STR).ref == -8
    assert b.kpri(IRType.FALSE) is b.trace.k_false


def test_constants_are_interned_by_bits():
    b = builder()
    assert b.kint(-1) is b.kint(0xFFFFFFFF)
    assert b.knum(0.0) is not b.knum(-0.0)
    assert b.knum(math.nan) is b.knum(math.nan)
    assert b.knum(math.nan) is not b.knum(struct.unpack("<d", struct.pack("<Q", 0xFFF8000000000001))[0])
    assert b.kint64(1 << 63) is b.kint64(-(1 << 63))
    assert b.kptr(16) is not b.kkptr(16)
    assert b.knull(IRType.TAB) is b.knull(IRType.TAB)
    assert b.kslot(b.kint(1), 5) is b.kslot(b.kint(1), 5)


def test_number_or_integer():
    b = builder()
    assert b.knumint(3.0) is b.kint(3)
    assert b.knumint(0.0) is b.kint(0)
    for value in (-0.0, 0.5, 2.0**31, math.inf, math.nan):
        assert b.knumint(value).op is Op.KNUM


def test_cse():
    b = builder()
    x, y = slot(b, 2, NUM), slot(b, 3, NUM)
    first = b.emit(Op.MUL, NUM, x, y)
    assert b.emit(Op.MUL, NUM, y, x) is first, "the lower ref goes right"
    assert first.args == (y, x)
    assert b.raw(Op.MUL, NUM, y, x) is not first
    off = builder(ALL & ~OptFlag.CSE)
    x = slot(off, 2, NUM)
    assert off.emit(Op.DIV, NUM, x, x) is not off.emit(Op.DIV, NUM, x, x)


def test_without_fold():
    b = builder(OptFlag.CSE)
    x = slot(b, 2)
    zero = b.emit(Op.ADD, INT, x, b.kint(0))
    assert zero.op is Op.ADD and b.emit(Op.ADD, INT, x, b.kint(0)) is zero


def test_patch_remove_rollback():
    b = builder()
    x, y = slot(b, 2), slot(b, 3)
    first = b.emit(Op.SUB, INT, x, y)
    mark = b.trace.nins
    second = b.raw(Op.SUB, INT, x, y)
    assert b.emit(Op.SUB, INT, x, y) is second, "the latest equal one"
    b.rollback(mark)
    assert b.trace.nins == mark and b.emit(Op.SUB, INT, x, y) is first
    b.patch(first, y, x)
    assert b.emit(Op.SUB, INT, y, x) is first
    assert b.emit(Op.SUB, INT, x, y) is not first
    b.remove(first)
    assert first.op is Op.NOP and b.emit(Op.SUB, INT, y, x) is not first
    assert [ins.args for ins in b.chain[Op.SUB]] == [(x, y), (y, x)]


def test_guards_are_noticed():
    b = builder()
    x = slot(b, 2)
    b.guard_emitted = False
    b.emit(Op.ADD, INT, x, b.kint(1))
    assert not b.guard_emitted
    b.guard(Op.LT, INT, x, b.kint(1))
    assert b.guard_emitted


def test_calls_chain_their_arguments():
    b = builder()
    x, y = slot(b, 2, NUM), slot(b, 3, NUM)
    call = b.call(66, x, y)
    assert call.op is Op.CALLN and call.args[0].op is Op.CARG and call.args[0].args == (x, y)
    assert not b.need_snapshot
