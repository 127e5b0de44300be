"""Passes by hand: what a recorder may ask of narrowing, and loops that cannot be closed."""

from __future__ import annotations

import math

import pytest

from ir.abort import Abort, TraceError
from ir.builder import TraceBuilder
from ir.ops import CONV_INDEX, SLOAD_TYPECHECK, Op
from ir.passes import narrow
from ir.passes.dce import dce
from ir.passes.flags import ALL, LEVELS, OptFlag
from ir.passes.loop import MAX_PHI, LoopResult, loop_opt
from ir.snapshot import Entry, SnapFlag, Snapshot
from ir.trace import Trace
from ir.types import IRType
from ir.values import Ins

INT, NUM, STR, TAB = IRType.INT, IRType.NUM, IRType.STR, IRType.TAB


@pytest.fixture
def b() -> TraceBuilder:
    return TraceBuilder(Trace())


def slot(b: TraceBuilder, number: int, type_: IRType) -> Ins:
    return b.raw(Op.SLOAD, type_, number, SLOAD_TYPECHECK, guard=True)


def snap(b: TraceBuilder, **slots: Ins) -> None:
    """`s2=value`: slot 2 holds the value."""
    entries = tuple(Entry(int(name[1:]), value) for name, value in slots.items())
    b.trace.snaps.append(Snapshot(b.trace.nins, 8, 8, entries, 0x1000))
    b.guard_emitted = False


def close(b: TraceBuilder, **slots: Ins) -> LoopResult:
    snap(b, **slots)
    b.slots = [None] * 8
    for ins in b.trace.ins:
        if ins.op is Op.SLOAD:
            b.slots[ins.args[0]] = ins
    for name, value in slots.items():
        b.slots[int(name[1:])] = value
    return loop_opt(b, 8)


# Narrowing.


def test_arithmetic_by_the_values_seen(b):
    i, j, x = slot(b, 2, INT), slot(b, 3, INT), slot(b, 4, NUM)
    assert narrow.narrow_arith(b, Op.ADD, i, j, 1.0, 2.0).op is Op.ADDOV
    assert narrow.narrow_arith(b, Op.ADD, i, j, 2.0**31 - 1, 2.0).type is NUM, "it overflowed"
    assert narrow.narrow_arith(b, Op.MUL, i, j, 1.0, 2.0).type is NUM, "-0 would be lost"
    assert narrow.narrow_arith(b, Op.SUB, i, x, 1.0, 2.0).type is NUM
    assert narrow.narrow_arith(b, Op.DIV, slot(b, 5, STR), i, 1.0, 2.0).args[0].op is Op.STRTO


def test_unary_minus(b):
    i = slot(b, 2, INT)
    checked = narrow.narrow_unm(b, i, 5.0)
    assert checked.op is Op.SUBOV and b.trace.ins[-2].op is Op.NE
    assert narrow.narrow_unm(b, i, 0.0).type is NUM
    assert narrow.narrow_unm(b, i, -(2.0**31)).op is Op.NEG


def test_modulo(b):
    i, j = slot(b, 2, INT), slot(b, 3, INT)
    assert narrow.narrow_mod(b, i, j, 5.0, 3.0).op is Op.MOD
    assert narrow.narrow_mod(b, i, j, 5.0, 0.0).type is NUM
    assert narrow.narrow_mod(b, i, b.kint(8), 5.0, 8.0).args == (i, b.kint(7))


def test_type_of_a_counter(b):
    assert narrow.narrow_forl(b, 1.0, 10.0, 1.0) is INT
    assert narrow.narrow_forl(b, 1.0, 10.5, 1.0) is NUM
    assert narrow.narrow_forl(b, 1.0, 2.0**31 - 1, 1.0) is NUM, "the last increment overflows"
    assert narrow.narrow_forl(b, 1.0, -(2.0**31), -1.0) is NUM
    assert narrow.narrow_forl(b, math.nan, 1.0, 1.0) is NUM
    off = TraceBuilder(Trace(), ALL & ~OptFlag.NARROW)
    assert narrow.narrow_forl(off, 1.0, 10.0, 1.0) is NUM


def test_integer_operands(b):
    i, x, s, t = slot(b, 2, INT), slot(b, 3, NUM), slot(b, 4, STR), slot(b, 5, TAB)
    added = b.emit(Op.ADDOV, INT, i, b.kint(1), guard=True)
    assert narrow.narrow_index(b, added).op is Op.ADD, "the bounds check catches what wraps"
    assert narrow.narrow_index(b, x).args[1] & 0xF000 == CONV_INDEX
    assert narrow.narrow_tobit(b, x).op is Op.TOBIT
    assert narrow.narrow_tobit(b, added).op is Op.ADD
    assert narrow.narrow_toint(b, s).args[0].op is Op.STRTO
    for convert in (narrow.narrow_toint, narrow.narrow_tobit, narrow.to_num):
        with pytest.raises(Abort) as caught:
            convert(b, t)
        assert caught.value.error is TraceError.BADTYPE


def test_index_is_narrowed_once(b):
    i = slot(b, 2, INT)
    x = b.emit(Op.ADD, NUM, narrow.to_num(b, i), b.knum(1.0))
    first = narrow.narrow_index(b, x)
    assert first.op is Op.ADD and first.type is INT and first.args == (i, b.kint(1))
    assert narrow.narrow_index(b, x) is first


# Dead code.


def test_dead_code(b):
    x, y = slot(b, 2, NUM), slot(b, 3, NUM)
    dead = b.emit(Op.MUL, NUM, x, y)
    used = b.emit(Op.SUB, NUM, x, y)
    weak = b.emit(Op.ADDOV, INT, slot(b, 4, INT), b.kint(5), guard=True)
    strong = b.emit(Op.LT, NUM, x, y, guard=True)
    snap(b, s2=used)
    dce(b)
    assert dead.op is Op.NOP and weak.op is Op.NOP
    assert used.op is Op.SUB and strong.op is Op.GT
    assert b.chain[Op.MUL] == [] and b.emit(Op.MUL, NUM, x, y) is not dead


# Loops.


def test_counting_loop(b):
    snap(b)
    i = slot(b, 2, INT)
    step = b.emit(Op.ADD, INT, i, b.kint(1))
    snap(b)
    b.emit(Op.LE, INT, step, b.kint(100), guard=True)
    assert close(b, s2=step) is LoopResult.CLOSED
    again, _, phi = b.trace.ins[-3:]
    assert phi.op is Op.PHI and phi.args == (step, again) and again.args == (step, b.kint(1))
    assert step.phi and again.phi
    assert [s.ref for s in b.trace.snaps][-1] == again.ref + 1


def test_invariants_leave_the_loop(b):
    snap(b)
    x, y = slot(b, 2, NUM), slot(b, 3, NUM)
    b.emit(Op.LT, NUM, b.emit(Op.MUL, NUM, x, x), b.knum(5.0), guard=True)
    added = b.emit(Op.ADD, NUM, y, x)
    assert close(b, s3=added) is LoopResult.CLOSED
    body = b.trace.ins[b.trace.loop + 1 :]
    assert [ins.op for ins in body] == [Op.ADD, Op.PHI]


def test_snapshots_keep_their_flags(b):
    snap(b)
    x = slot(b, 2, NUM)
    added = b.emit(Op.ADD, NUM, x, b.knum(1.0))
    entry = Entry(2, added, SnapFlag.FRAME | SnapFlag.NORESTORE)
    b.trace.snaps.append(Snapshot(b.trace.nins, 8, 8, (entry, Entry(3, b.kint(1))), 0x1000))
    b.guard_emitted = False
    b.emit(Op.LT, NUM, added, b.knum(9.0), guard=True)
    assert close(b, s2=added, s4=x) is LoopResult.CLOSED
    new = b.trace.snaps[-1]
    assert [(e.slot, e.ref.op, e.flags) for e in new.entries] == [
        (2, Op.ADD, SnapFlag.FRAME),
        (3, Op.KINT, 0),
        (4, Op.SLOAD, 0),
    ]


def test_changing_type_is_unrolled_a_few_times(b):
    snap(b)
    x = slot(b, 2, NUM)
    b.emit(Op.LT, NUM, x, b.knum(3.0), guard=True)
    before = str(b.trace)
    for _ in range(4):
        assert close(b, s2=b.trace.k_true) is LoopResult.UNROLL
        b.trace.snaps.pop()
        assert str(b.trace) == before, "all is undone"
    with pytest.raises(Abort) as caught:
        close(b, s2=b.trace.k_true)
    assert caught.value.error is TraceError.TYPEINS


def test_integer_that_becomes_a_number_is_converted(b):
    snap(b)
    x, i = slot(b, 2, NUM), slot(b, 3, INT)
    added = b.emit(Op.ADD, NUM, x, b.knum(0.5))
    step = b.emit(Op.ADD, INT, i, b.kint(1))
    b.emit(Op.LT, NUM, added, b.knum(9.0), guard=True)
    assert close(b, s2=step, s3=step) is LoopResult.CLOSED
    assert any(ins.op is Op.CONV for ins in b.trace.ins[b.trace.loop :])


def test_too_many_phis(b):
    snap(b)
    total = slot(b, 2, NUM)
    values = [slot(b, number, NUM) for number in range(3, 4 + MAX_PHI)]
    for value in values:
        total = b.emit(Op.ADD, NUM, total, value)
    snap(b)
    b.slots = [None, None, total, *[b.emit(Op.ADD, NUM, value, b.knum(1.0)) for value in values]]
    b.emit(Op.LT, NUM, total, b.knum(9.0), guard=True)
    snap(b)
    with pytest.raises(Abort) as caught:
        loop_opt(b, len(b.slots))
    assert caught.value.error is TraceError.PHIOV


def test_levels():
    assert LEVELS[3] == ALL and not LEVELS[2] & OptFlag.SINK
    assert str(Abort(TraceError.NYIBC, 71)) == "NYI: bytecode 71"
    assert str(Abort(TraceError.LLEAVE)) == "leaving loop in root trace"
