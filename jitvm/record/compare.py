"""Comparisons and tests.

A comparison becomes a guard for the outcome seen.  Its snapshot resumes at the *other* outcome's bytecode, so
that a side trace does not record the comparison again:

    ISGE 8 7; JMP => 17     i < 8 seen:   0002 > int LT ...      exit resumes at 17, not at ISGE
"""

from __future__ import annotations

from typing import TypeVar

from ir.calls import CALL_NUMBERS
from ir.ops import Op
from ir.passes import narrow
from ir.record import replace
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, JUMP_BIAS
from jitvm.record import meta
from jitvm.record.arith import to_string
from jitvm.record.recorder import (
    INT,
    NIL,
    NUM,
    STR,
    TAB,
    Operands,
    Recorder,
    is_integer,
    is_numeric_or_string,
    is_true,
    record,
)
from jitvm.record.snap import snap_add, snap_shrink
from jitvm.record.view import number_of, pointer_of, raw_equal

UDATA = IRType.UDATA
OPS = tuple(Op)
Ordered = TypeVar("Ordered", float, bytes)
STR_CMP = CALL_NUMBERS["lj_str_cmp"]


def prepare(rec: Recorder) -> None:
    """A snapshot of its own for the comparison: not merged with #0, since its PC is going to change."""
    snaps = rec.cur.snaps
    if len(snaps) == 1 and snaps[0].ref == rec.nins:
        rec.builder.raw(Op.NOP, NIL)
    snap_add(rec)


def fix_up(rec: Recorder, taken: int) -> None:
    """Let the exit resume at the opposite target; `taken` is 1 if that is where the jump leads."""
    jump = rec.view.ins(rec.pc + 4)
    target = rec.pc + 8 + (4 * ((jump >> 16) - JUMP_BIAS) if taken else 0)
    snaps = rec.cur.snaps
    snaps[-1] = replace(snaps[-1], pc=target)
    rec.builder.need_snapshot = True
    rec.maxslot = min(rec.maxslot, jump >> 8 & 0xFF)
    snap_shrink(rec)


def object_compare(rec: Recorder, a: Ins, b: Ins, av: int, bv: int) -> int:
    """Guard for raw (in)equality: 0 equal, 1 different, 2 different types."""
    differ = not raw_equal(av, bv)
    if a.is_const and b.is_const:
        return int(differ)
    ta = INT if is_integer(a) else a.type
    tb = INT if is_integer(b) else b.type
    if ta is not tb:
        if ta is INT and tb is NUM:
            a, ta = rec.to_num(a), NUM
        elif ta is NUM and tb is INT:
            b = rec.to_num(b)
        else:
            return 2
    rec.guard(Op.NE if differ else Op.EQ, ta, a, b)
    return int(differ)


def holds(op: Op, a: Ordered, b: Ordered) -> bool:
    """The outcome of a comparison; those with U are true for unordered operands."""
    match op:
        case Op.LT:
            return a < b
        case Op.GE:
            return a >= b
        case Op.LE:
            return a <= b
        case Op.GT:
            return a > b
        case Op.ULT:
            return not a >= b
        case Op.UGE:
            return not a < b
        case Op.ULE:
            return not a > b
        case _:
            return not a <= b


@record(BC.ISLT, BC.ISGE, BC.ISLE, BC.ISGT)
def ordered(rec: Recorder, x: Operands) -> None:
    ra, rc = x.ra, x.rc
    assert ra is not None and rc is not None
    if ra.is_const and rc.is_const and is_numeric_or_string(ra) and is_numeric_or_string(rc):
        return  # Known at recording time.
    ta = INT if is_integer(ra) else ra.type
    tc = INT if is_integer(rc) else rc.type
    if ta is not tc:
        if ta is INT and tc is NUM:
            ra, ta = rec.to_num(ra), NUM
        elif ta is NUM and tc is INT:
            rc = rec.to_num(rc)
        elif not (_is_boolean(ta) and _is_boolean(tc)):
            return  # The interpreter raises an error.
    prepare(rec)
    irop = OPS[x.op - BC.ISLT + Op.LT]
    if ta is NUM:
        if irop & 1:
            irop = OPS[irop ^ 4]  # ISGE and ISGT hold for unordered operands.
        if not holds(irop, number_of(x.rav), number_of(x.rcv)):
            irop = OPS[irop ^ 5]
    elif ta is INT:
        if not holds(irop, number_of(x.rav), number_of(x.rcv)):
            irop = OPS[irop ^ 1]
    elif ta is STR:
        left, right = rec.view.string(pointer_of(x.rav)), rec.view.string(pointer_of(x.rcv))
        if not holds(irop, left, right):
            irop = OPS[irop ^ 1]
        ra, rc, ta = rec.call(STR_CMP, ra, rc), rec.builder.kint(0), INT
    else:
        meta.ordered(rec, x.op, (ra, x.rav), (rc, x.rcv))
        return
    rec.guard(irop, ta, ra, rc)
    fix_up(rec, (x.op ^ irop) & 1)


def _is_boolean(type_: IRType) -> bool:
    return type_ in (IRType.FALSE, IRType.TRUE)


@record(BC.ISEQV, BC.ISNEV, BC.ISEQS, BC.ISNES, BC.ISEQN, BC.ISNEN, BC.ISEQP, BC.ISNEP)
def equality(rec: Recorder, x: Operands) -> None:
    ra, rc = x.ra, x.rc
    assert ra is not None and rc is not None
    has_meta = ra.type in (TAB, UDATA)
    if ra.is_const and rc.is_const and not has_meta:
        return
    prepare(rec)
    differ = object_compare(rec, ra, rc, x.rav, x.rcv)
    if differ == 2 or not has_meta:
        fix_up(rec, int((x.op & 1) == (not differ)))
    elif differ == 1:
        meta.equal(rec, x.op, (ra, x.rav), (rc, x.rcv))


@record(BC.ISTC, BC.ISFC)
def test_copy(rec: Recorder, x: Operands) -> Ins | None:
    assert x.rc is not None
    test(rec, x)
    return None if (x.op & 1) == is_true(x.rc) else x.rc


@record(BC.IST, BC.ISF)
def test(rec: Recorder, x: Operands) -> None:
    """The type of the operand, already guarded for, decides."""
    rec.maxslot = min(rec.maxslot, rec.view.ins(rec.pc + 4) >> 8 & 0xFF)


@record(BC.ISTYPE, BC.ISNUM)
def is_type(rec: Recorder, x: Operands) -> None:
    """Coercions of arguments in library functions written in bytecode."""
    assert x.ra is not None
    if x.c == _NUMBER_TYPE:
        rec.put(x.a, narrow.to_num(rec.builder, x.ra))
    elif x.c == _STRING_TYPE:
        rec.put(x.a, to_string(rec, x.ra))


_NUMBER_TYPE = 13 + 2
_STRING_TYPE = 4 + 1
