"""Arithmetic, concatenation, constants and moves.

Arithmetic on integers stays integer where the result allows it; `ir/passes/narrow.py` decides.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.fields import FL_STR_LEN
from ir.ops import Op
from ir.passes import narrow
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, Meta
from jitvm.record.recorder import (
    INT,
    NUM,
    P64,
    STR,
    TAB,
    Operands,
    Recorder,
    is_numeric,
    is_numeric_or_string,
    is_true,
    record,
)

BUFHDR_RESET = 0
TOSTR_INT, TOSTR_NUM, TOSTR_CHAR = range(3)
BYTECODES = tuple(BC)
_OPS = {Meta.ADD: Op.ADD, Meta.SUB: Op.SUB, Meta.MUL: Op.MUL, Meta.DIV: Op.DIV, Meta.POW: Op.POW}


def _both_numbers(rb: Ins, rc: Ins) -> bool:
    return is_numeric_or_string(rb) and is_numeric_or_string(rc)


def to_string(rec: Recorder, tr: Ins) -> Ins:
    """Numbers are formatted; anything else is an error that the interpreter raises."""
    if tr.type is STR:
        return tr
    if not is_numeric(tr):
        raise Abort(TraceError.BADTYPE)
    return rec.emit(Op.TOSTR, STR, tr, TOSTR_NUM if tr.type is NUM else TOSTR_INT)


def _no_metamethod() -> Abort:
    return Abort(TraceError.NOMM)


@record(BC.ADDNV, BC.SUBNV, BC.MULNV, BC.DIVNV)
def arith_swapped(rec: Recorder, x: Operands) -> Ins:
    x.rb, x.rc, x.rbv, x.rcv = x.rc, x.rb, x.rcv, x.rbv
    return _arith(rec, x)


@record(BC.ADDVN, BC.SUBVN, BC.MULVN, BC.DIVVN, BC.ADDVV, BC.SUBVV, BC.MULVV, BC.DIVVV, BC.POW)
def arith(rec: Recorder, x: Operands) -> Ins:
    return _arith(rec, x)


def _arith(rec: Recorder, x: Operands) -> Ins:
    assert x.rb is not None and x.rc is not None
    if not _both_numbers(x.rb, x.rc):
        raise _no_metamethod()
    op = _OPS[BYTECODES[x.op].meta]
    return narrow.narrow_arith(rec.builder, op, x.rb, x.rc, rec.number(x.rb, x.rbv), rec.number(x.rc, x.rcv))


@record(BC.MODNV)
def modulo_swapped(rec: Recorder, x: Operands) -> Ins:
    x.rb, x.rc, x.rbv, x.rcv = x.rc, x.rb, x.rcv, x.rbv
    return _modulo(rec, x)


@record(BC.MODVN, BC.MODVV)
def modulo(rec: Recorder, x: Operands) -> Ins:
    return _modulo(rec, x)


def _modulo(rec: Recorder, x: Operands) -> Ins:
    assert x.rb is not None and x.rc is not None
    if not _both_numbers(x.rb, x.rc):
        raise _no_metamethod()
    return narrow.narrow_mod(rec.builder, x.rb, x.rc, rec.number(x.rb, x.rbv), rec.number(x.rc, x.rcv))


@record(BC.UNM)
def unary_minus(rec: Recorder, x: Operands) -> Ins:
    assert x.rc is not None
    if not is_numeric_or_string(x.rc):
        raise _no_metamethod()
    return narrow.narrow_unm(rec.builder, x.rc, rec.number(x.rc, x.rcv))


@record(BC.NOT)
def logical_not(rec: Recorder, x: Operands) -> Ins:
    assert x.rc is not None
    return rec.builder.kpri(IRType.FALSE if is_true(x.rc) else IRType.TRUE)


@record(BC.LEN)
def length(rec: Recorder, x: Operands) -> Ins:
    assert x.rc is not None
    if x.rc.type is STR:
        return rec.emit(Op.FLOAD, INT, x.rc, FL_STR_LEN)
    if x.rc.type is TAB:
        return rec.emit(Op.ALEN, INT, x.rc, rec.cur.k_nil)
    raise _no_metamethod()


@record(BC.CAT)
def concatenate(rec: Recorder, x: Operands) -> Ins:
    first, last = x.b, x.c
    for slot in range(first, last + 1):
        rec.getslot(slot)
    parts: list[Ins] = []
    for slot in range(last, first - 1, -1):
        tr = rec.getslot(slot)
        if is_numeric(tr):
            tr = rec.emit(Op.TOSTR, STR, tr, TOSTR_NUM if tr.type is NUM else TOSTR_INT)
            rec.put(slot, tr)
        elif tr.type is not STR:
            raise _no_metamethod()
        parts.append(tr)
    header = tr = buffer_header(rec)
    for part in reversed(parts):
        tr = rec.guard(Op.BUFPUT, P64, tr, part)
    result = rec.guard(Op.BUFSTR, STR, tr, header)
    rec.maxslot = first
    return result


def buffer_header(rec: Recorder) -> Ins:
    """Start of a string in the shared buffer."""
    return rec.emit(Op.BUFHDR, P64, rec.builder.kptr(rec.view.buffer()), BUFHDR_RESET)


@record(BC.MOV)
def move(rec: Recorder, x: Operands) -> Ins | None:
    if x.a > rec.maxslot:  # Slots between belong to nobody: do not revive what they held.
        rec.clear_slots(rec.baseslot + rec.maxslot, rec.baseslot + x.a)
    return x.rc


@record(BC.KSTR, BC.KNUM, BC.KPRI)
def constant(rec: Recorder, x: Operands) -> Ins | None:
    return x.rc


@record(BC.KSHORT)
def small_integer(rec: Recorder, x: Operands) -> Ins:
    return rec.builder.kint(x.c - 0x10000 if x.c & 0x8000 else x.c)


@record(BC.KNIL)
def nils(rec: Recorder, x: Operands) -> None:
    if x.a > rec.maxslot:
        rec.put(x.a - 1, None)
    for slot in range(x.a, x.c + 1):
        rec.put(slot, rec.cur.k_nil)
    rec.maxslot = max(rec.maxslot, x.c + 1)
