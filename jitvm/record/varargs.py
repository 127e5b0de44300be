"""Varargs that were passed from outside of the trace: their number is guarded for, and they are loaded from
below the frame.

The frame link of a vararg frame holds the distance to the frame below, and with it the number of arguments.
`select(n, ...)` is recognised, so that it neither copies nor fixes the number of arguments.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.objects import Frame
from ir.ops import CONV_INDEX, SLOAD_FRAME, SLOAD_READONLY, Op
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.record.index import bounds_check
from jitvm.record.recorder import CONV_INT_NUM, FUNC, INT, NUM, P64, STR, Recorder, is_integer
from jitvm.record.traverse import load_result
from jitvm.record.view import irt_of, pointer_of

I64 = IRType.I64


def unknown_varargs(rec: Recorder, dst: int, wanted: int, passed: int) -> None:
    assert rec.pt is not None
    numparams = rec.pt.numparams
    link = rec.emit(Op.SLOAD, INT, 1, SLOAD_READONLY | SLOAD_FRAME)
    offset = 8 * (2 + numparams) + Frame.VARG
    if wanted >= 0:
        _fixed_number(rec, dst, wanted, passed, link, offset)
    elif _is_select(rec):
        _select(rec, dst, passed, link, offset)
    else:
        raise Abort(TraceError.NYIBC, int(BC.VARG))


def _fixed_number(rec: Recorder, dst: int, wanted: int, passed: int, link: Ins, offset: int) -> None:
    b = rec.builder
    if passed > 0:
        if passed >= wanted:
            b.guard(Op.GE, INT, link, b.kint(offset + 8 * wanted))
        else:
            b.guard(Op.EQ, INT, link, b.kint(rec.view.link(rec.view.base - 8)))
        base = b.emit(Op.SUB, I64, rec.cur.ins[0], link)
        # LuaJIT adds 8 more, forgetting that links take a slot of their own: it loads the argument after.
        base = b.emit(Op.ADD, P64, base, b.kint(offset - 16))
        for i in range(min(passed, wanted)):
            type_ = irt_of(rec.view.slot(i - 2 - passed))
            rec.put(dst + i, load_result(rec, base, i, type_))
    else:
        b.guard(Op.LE, INT, link, b.kint(offset))
        passed = 0
    for i in range(passed, wanted):
        rec.put(dst + i, rec.cur.k_nil)
    rec.maxslot = max(rec.maxslot, dst + wanted)


def _is_select(rec: Recorder) -> bool:
    """Is the next bytecode the call in `y = select(x, ...)`?"""
    ins = rec.view.ins(rec.pc + 4)
    if ins & 0xFF != BC.CALLM or ins >> 24 != 2 or ins >> 16 & 0xFF != 1:
        return False
    slot = ins >> 8 & 0xFF
    value = rec.view.slot(slot)
    if irt_of(value) is not FUNC or rec.view.ffid(pointer_of(value)) != rec.context.ffid("select"):
        return False
    rec.guard(Op.EQ, FUNC, rec.getslot(slot), rec.builder.kgc(pointer_of(value), FUNC))
    return True


def _select(rec: Recorder, dst: int, passed: int, link: Ins, offset: int) -> None:
    from jitvm.record.library import select_mode

    b = rec.builder
    index_ref = rec.getslot(dst - 1)
    index = select_mode(rec, index_ref, rec.view.slot(dst - 1))
    if index < 0:
        raise Abort(TraceError.NYIBC, int(BC.VARG))
    result = rec.cur.k_nil
    if index != 0 and index_ref.type is STR:
        index_ref = rec.guard(Op.STRTO, NUM, index_ref)
    if index != 0 and not is_integer(index_ref):
        index_ref = rec.guard(Op.CONV, INT, index_ref, CONV_INT_NUM | CONV_INDEX)
    if index != 0 and index_ref.is_const:
        rec.guard(Op.GE if index <= passed else Op.LT, INT, link, b.kint(offset + 8 * index))
        offset -= 8  # The index counts from 1.
    elif index <= passed:
        size = rec.emit(Op.ADD, INT, link, b.kint(-offset))
        if rec.pt is not None and rec.pt.numparams:
            rec.guard(Op.GE, INT, size, b.kint(0))
        result = rec.emit(Op.BSHR, INT, size, b.kint(3))
        if index != 0:
            index_ref = rec.emit(Op.ADD, INT, index_ref, b.kint(-1))
            bounds_check(rec, result, index_ref, passed)
    else:
        limit = b.kint(offset)
        if index != 0:
            limit = rec.emit(Op.ADD, INT, rec.emit(Op.BSHL, INT, index_ref, b.kint(3)), limit)
        else:
            result = b.kint(0)
        rec.guard(Op.LT, INT, link, limit)
    if index != 0 and index <= passed:
        base = rec.emit(Op.SUB, I64, rec.cur.ins[0], link)
        base = rec.emit(Op.ADD, P64, base, b.kint(offset - 16))
        type_ = irt_of(rec.view.slot(index - 3 - passed))
        element = rec.emit(Op.AREF, P64, base, index_ref)
        result = load_result(rec, element, 0, type_)
    rec.put(dst - 3, result)
    rec.maxslot = dst - 2
    rec.bcskip = 2  # The call and the function header of select.
