"""Upvalues: immutable ones become constants, others are loaded and stored through UREFO or UREFC.

An open upvalue that points into the part of the stack the trace covers is the slot itself, under a guard
that it still points there; elsewhere a guard keeps it away from the slots of the trace.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.ops import Op
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.record.recorder import FUNC, NIL, NUM, P64, Operands, Recorder, is_integer, record
from jitvm.record.view import hash_words, irt_of, number_of, pointer_of

CLOSURE_POLY = 3 * 0x20  # More closures than this of one prototype: do not specialise to one of them.
HASH_BIAS = -0x04C11DB7  # Eight bits of the hash tell upvalues of different origin apart, for alias analysis.


def is_polymorphic(rec: Recorder, proto: int) -> bool:
    return rec.view.proto_flags(proto) >= CLOSURE_POLY


def constify(rec: Recorder, value: int) -> Ins | None:
    """The value as a constant, if it has a representation as one."""
    type_ = irt_of(value)
    if type_ is NUM:
        return rec.builder.knumint(number_of(value))
    if type_ <= IRType.TRUE:
        return rec.builder.kpri(type_)
    return None if type_ is IRType.LIGHTUD else rec.builder.kgc(pointer_of(value), type_)


def _immutable(rec: Recorder, upvalue: int) -> bool:
    """Never written again, and small enough to keep alive."""
    if not rec.view.upvalue_immutable(upvalue):
        return False
    type_ = irt_of(rec.view.value_at(rec.view.upvalue_target(upvalue)))
    return type_ not in (IRType.TAB, IRType.UDATA, IRType.THREAD)


def _constant(rec: Recorder, fn: Ins, upvalue: int) -> tuple[Ins, Ins | None]:
    """The constant that an immutable upvalue is, and the function specialised to."""
    assert rec.pt is not None
    if not fn.is_const:
        if is_polymorphic(rec, rec.pt.address):
            return fn, None
        kfunc = rec.builder.kgc(rec.fn, FUNC)
        rec.guard(Op.EQ, FUNC, fn, kfunc)
        rec.put(-2, kfunc)
        fn = kfunc
    return fn, constify(rec, rec.view.value_at(rec.view.upvalue_target(upvalue)))


def _aliased_slot(rec: Recorder, ref: Ins, target: int) -> int | None:
    """The slot, relative to base, that an open upvalue is, if the trace knows it."""
    view = rec.view
    if view.on_stack(target):
        slot = (target - (view.base - 8 * rec.baseslot)) >> 3
        if slot >= 0:
            distance = rec.builder.kint((slot - 2) * -8)
            address = rec.emit(Op.ADD, P64, ref, distance)
            rec.guard(Op.EQ, P64, rec.cur.ins[0], address)
            return slot - rec.baseslot
    offset = rec.emit(Op.SUB, P64, ref, rec.cur.ins[0])
    rec.guard(Op.UGT, P64, offset, rec.builder.kint((rec.baseslot + rec.maxslot) * 8))
    return None


def record_upvalue(rec: Recorder, index: int, value: Ins | None) -> Ins | None:
    """A load, which returns the value, or a store of `value`."""
    view = rec.view
    upvalue = view.upvalue(rec.fn, index)
    fn = rec.current_function()
    if _immutable(rec, upvalue):
        assert value is None, "store to an immutable upvalue"
        fn, known = _constant(rec, fn, upvalue)
        if known is not None:
            return known
    dhash = view.upvalue_dhash(upvalue)
    literal = index << 8 | hash_words(dhash, dhash + HASH_BIAS & 0xFFFFFFFF) & 0xFF
    closed = view.upvalue_closed(upvalue)
    target = view.upvalue_target(upvalue)
    ref = rec.guard(Op.UREFC if closed else Op.UREFO, P64, fn, literal)
    if not closed:
        slot = _aliased_slot(rec, ref, target)
        if slot is not None:
            if value is None:
                return rec.getslot(slot)
            rec.put(slot, value)
            rec.maxslot = max(rec.maxslot, slot + 1)
            return None
    if value is None:
        return rec.primitive(rec.guard(Op.ULOAD, irt_of(view.value_at(target)), ref))
    if is_integer(value):
        value = rec.to_num(value)
    rec.emit(Op.USTORE, value.type, ref, value)
    if closed and value.type.is_gc:
        rec.emit(Op.OBAR, NIL, ref, value)
    rec.builder.need_snapshot = True
    return None


@record(BC.UGET)
def get_upvalue(rec: Recorder, x: Operands) -> Ins | None:
    return record_upvalue(rec, x.c, None)


@record(BC.USETV, BC.USETS, BC.USETN, BC.USETP)
def set_upvalue(rec: Recorder, x: Operands) -> None:
    assert x.rc is not None
    record_upvalue(rec, x.a, x.rc)


@record(BC.UCLO)
def close_upvalues(rec: Recorder, x: Operands) -> None:
    """Closing needs the thread's list of open upvalues, which traces do not touch."""
    raise Abort(TraceError.NYIBC, x.op)
