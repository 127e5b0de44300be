"""Traversal of tables: `next`, ITERN and ISNEXT.

A step is one call of `lj_vm_next` with the index of the last key; its results are loaded with guards for the
types seen.  Its second result, the next index, stays in the control slot, marked as a key index.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.calls import CALL_NUMBERS
from ir.fields import FL_FUNC_FFID
from ir.ops import SLOAD_KEYINDEX, SLOAD_MARKED, Op
from ir.record import dataclass
from ir.trace import LinkType
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.record.loops import _interpreted, jump_of
from jitvm.record.recorder import FUNC, INT, KEYINDEX, NUM, TAB, LoopEvent, Operands, Recorder, record
from jitvm.record.snap import snap_add
from jitvm.record.view import NIL as NIL_BITS
from jitvm.record.view import irt_of, pointer_of

NIL = IRType.NIL
VM_NEXT = CALL_NUMBERS["lj_vm_next"]


@dataclass(slots=True)
class Step:
    """One step of a traversal: what goes in, and what comes out."""

    tab: Ins
    table: int
    key: Ins
    index: int
    want_value: bool
    want_index: bool
    next_index: Ins | None = None
    next_key: Ins | None = None
    value: Ins | None = None


def _types(rec: Recorder, table: int, index: int) -> tuple[IRType, IRType]:
    """Types of the next key and value at run time."""
    view = rec.view
    asize = view.asize(table)
    for i in range(index, asize):
        value = view.value_at(view.array_slot(table, i))
        if value != NIL_BITS:
            return NUM, irt_of(value)
    for node in view.nodes(table)[max(index - asize, 0) :]:
        value = view.value_at(node)
        if value != NIL_BITS:
            return irt_of(view.node_key(node)), irt_of(value)
    return NIL, NIL


def load_result(rec: Recorder, ref: Ins, index: int, type_: IRType) -> Ins:
    return rec.primitive(rec.guard(Op.VLOAD, type_, ref, index))


def record_next(rec: Recorder, step: Step) -> int:
    """Record one step; the number of results."""
    key_type, value_type = _types(rec, step.table, step.index)
    result = rec.call(VM_NEXT, step.tab, step.key)
    if step.want_index or key_type is NIL:
        step.next_index = rec.emit(Op.HIOP, INT, result, result)
        if not step.want_index:
            rec.guard(Op.NE, INT, step.next_index, rec.builder.kint(-1))
    step.next_key = load_result(rec, result, 1, key_type)
    if key_type is NIL or not step.want_value:
        step.value = rec.cur.k_nil
        return 1
    step.value = load_result(rec, result, 0, value_type)
    return 2


@record(BC.ITERN)
def itern(rec: Recorder, x: Operands) -> None:
    pc = rec.pc
    _interpreted(rec, pc, traverse(rec, x.a, x.b))


def traverse(rec: Recorder, a: int, b: int) -> LoopEvent:
    """ITERN closes the loop itself, because a trace that starts at it records it first."""
    if rec.pc == rec.startpc and rec.nins > 1 and rec.framedepth + rec.retdepth == 0 and rec.is_root:
        rec.builder.instunroll = 0
        rec.stop(LinkType.LOOP, rec.cur.number)
        return LoopEvent.ENTER
    rec.maxslot = a
    snap_add(rec)
    tab = rec.getslot(a - 2)
    key = rec.get(a - 1)
    if key is None:
        key = rec.sload_typed(a - 1, INT, SLOAD_KEYINDEX | (SLOAD_MARKED if may_change(rec) else 0))
    index = rec.view.slot(a - 1) & 0xFFFFFFFF
    step = Step(tab, pointer_of(rec.view.slot(a - 2)), key, index, want_value=b >= 3, want_index=True)
    rec.maxslot = a + record_next(rec, step)
    rec.builder.need_snapshot = True
    assert step.next_key is not None
    if step.next_key.type is NIL:
        rec.maxslot = a - 3
        rec.pc += 8
        return LoopEvent.LEAVE
    rec.put(a - 1, step.next_index, KEYINDEX)
    rec.put(a, step.next_key)
    rec.put(a + 1, step.value)
    rec.pc = body_of(rec)
    return LoopEvent.ENTER


def body_of(rec: Recorder) -> int:
    """Where the loop of this ITERN begins."""
    return rec.pc + 4 * (jump_of(rec.view.ins(rec.pc + 4)) + 2)


def may_change(rec: Recorder) -> bool:
    """May the loop call its iterator some day?  Only ISNEXT changes it so, which builtins do without."""
    return rec.view.ins(body_of(rec) - 4) & 0xFF == BC.ISNEXT


@record(BC.ISNEXT)
def isnext(rec: Recorder, x: Operands) -> None:
    func, tab, key = rec.view.slots(x.a - 3, 3)
    is_next = irt_of(func) is FUNC and rec.view.ffid(pointer_of(func)) == rec.context.ffid("next")
    if not (is_next and irt_of(tab) is TAB and key == NIL_BITS):
        raise Abort(TraceError.RECERR)  # The interpreter turns the bytecode into an ordinary generic loop.
    ffid = rec.emit(Op.FLOAD, IRType.U8, rec.getslot(x.a - 3), FL_FUNC_FFID)
    rec.guard(Op.EQ, INT, ffid, rec.builder.kint(rec.context.ffid("next")))
    rec.getslot(x.a - 2)
    rec.getslot(x.a - 1)
    rec.put(x.a - 1, rec.builder.kint(0), KEYINDEX)
    rec.maxslot = x.a
