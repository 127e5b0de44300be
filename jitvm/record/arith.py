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
from jitvm.record import meta
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
from jitvm.record.view import boxed

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


@record(BC.ADDNV, BC.SUBNV, BC.MULNV, BC.DIVNV)
def arith_swapped(rec: Recorder, x: Operands) -> Ins | None:
    x.rb, x.rc, x.rbv, x.rcv = x.rc, x.rb, x.rcv, x.rbv
    return _arith(rec, x)


@record(BC.ADDVN, BC.SUBVN, BC.MULVN, BC.DIVVN, BC.ADDVV, BC.SUBVV, BC.MULVV, BC.DIVVV, BC.POW)
def arith(rec: Recorder, x: Operands) -> Ins | None:
    return _arith(rec, x)


def _arith(rec: Recorder, x: Operands) -> Ins | None:
    assert x.rb is not None and x.rc is not None
    event = BYTECODES[x.op].meta
    if not _both_numbers(x.rb, x.rc):
        meta.arith(rec, event, (x.rb, x.rbv), (x.rc, x.rcv))
        return None
    op = _OPS[event]
    return narrow.narrow_arith(rec.builder, op, x.rb, x.rc, rec.number(x.rb, x.rbv), rec.number(x.rc, x.rcv))


@record(BC.MODNV)
def modulo_swapped(rec: Recorder, x: Operands) -> Ins | None:
    x.rb, x.rc, x.rbv, x.rcv = x.rc, x.rb, x.rcv, x.rbv
    return _modulo(rec, x)


@record(BC.MODVN, BC.MODVV)
def modulo(rec: Recorder, x: Operands) -> Ins | None:
    return _modulo(rec, x)


def _modulo(rec: Recorder, x: Operands) -> Ins | None:
    assert x.rb is not None and x.rc is not None
    if not _both_numbers(x.rb, x.rc):
        meta.arith(rec, Meta.MOD, (x.rb, x.rbv), (x.rc, x.rcv))
        return None
    return narrow.narrow_mod(rec.builder, x.rb, x.rc, rec.number(x.rb, x.rbv), rec.number(x.rc, x.rcv))


@record(BC.UNM)
def unary_minus(rec: Recorder, x: Operands) -> Ins | None:
    assert x.rc is not None
    if not is_numeric_or_string(x.rc):
        meta.arith(rec, Meta.UNM, (x.rc, x.rcv), (x.rc, x.rcv))
        return None
    return narrow.narrow_unm(rec.builder, x.rc, rec.number(x.rc, x.rcv))


@record(BC.NOT)
def logical_not(rec: Recorder, x: Operands) -> Ins:
    assert x.rc is not None
    return rec.builder.kpri(IRType.FALSE if is_true(x.rc) else IRType.TRUE)


@record(BC.LEN)
def length(rec: Recorder, x: Operands) -> Ins | None:
    assert x.rc is not None
    if x.rc.type is STR:
        return rec.emit(Op.FLOAD, INT, x.rc, FL_STR_LEN)
    if x.rc.type is TAB:
        return rec.emit(Op.ALEN, INT, x.rc, rec.cur.k_nil)
    meta.length(rec, x.rc, x.rcv)
    return None


@record(BC.CAT)
def concatenate(rec: Recorder, x: Operands) -> Ins | None:
    return join(rec, x.b, x.c)


def join(rec: Recorder, first: int, last: int) -> Ins | None:
    """The text of slots `first` to `last`; no result if that needs a metamethod, which is called."""
    for slot in range(first, last + 1):
        rec.getslot(slot)
    if not _both_numbers(rec.getslot(last - 1), rec.getslot(last)):
        _join_by_metamethod(rec, last, rec.view.slot(last))
        return None
    low = last + 1
    while low > first and is_numeric_or_string(rec.getslot(low - 1)):
        low -= 1
        tr = rec.getslot(low)
        if is_numeric(tr):
            rec.put(low, rec.emit(Op.TOSTR, STR, tr, TOSTR_NUM if tr.type is NUM else TOSTR_INT))
    header = tr = buffer_header(rec)
    for slot in range(low, last + 1):
        tr = rec.guard(Op.BUFPUT, P64, tr, rec.getslot(slot))
    result = rec.guard(Op.BUFSTR, STR, tr, header)
    rec.maxslot = low
    if low == first:
        return result
    rec.put(low, result)
    _join_by_metamethod(rec, low, boxed(STR, rec.view.empty_string()))
    return None


def _join_by_metamethod(rec: Recorder, last: int, lastv: int) -> None:
    """Of the last two slots; the continuation takes their place."""
    left, right = rec.getslot(last - 1), rec.getslot(last)
    rec.maxslot = last - 1
    meta.arith(rec, Meta.CONCAT, (left, rec.view.slot(last - 1)), (right, lastv))


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
