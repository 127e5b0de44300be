"""Loop bytecodes: numeric loops with scalar evolution, generic loops, LOOP, and links between loops.

The index of a numeric loop whose bounds are integers is narrowed to an integer, with one overflow check
before the loop instead of one per iteration (`_check_range`).

A root trace must come back to where it started.  An inner loop that it meets is left to be traced by itself;
a side trace unrolls it a few times, or links to its trace.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.ops import CONV_CHECK, SLOAD_CONVERT, SLOAD_INHERIT, SLOAD_READONLY, Op
from ir.passes import narrow
from ir.passes.scev import Scev
from ir.trace import LinkType
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, FORL_EXT, FORL_INDEX, FORL_STEP, FORL_STOP, JUMP_BIAS, Mode
from jitvm.record.recorder import (
    CONV_INT_NUM,
    INT,
    NUM,
    STR,
    LoopEvent,
    Operands,
    Recorder,
    is_integer,
    record,
)
from jitvm.record.snap import snap_add
from jitvm.record.view import is_number, num2int, number_of

_MODE_A = [int(op.mode_a) for op in BC]
#: Steps of arithmetic on integers: 2^(32 * 2^4) is finite.
MAX_FINITE = 4
_DST, _BASE = int(Mode.DST), int(Mode.BASE)


def jump_of(ins: int) -> int:
    return (ins >> 16) - JUMP_BIAS


# Numeric loops.


def _constant_start(rec: Recorder, end: int, slot: int, type_: IRType) -> Ins | None:
    """The constant that initialises a slot before `end`, found by looking back through the bytecode."""
    assert rec.pt is not None
    start = rec.pt.bc
    for pc in range(end - 4, start, -4):
        ins = rec.view.ins(pc)
        mode, a = _MODE_A[ins & 0xFF], ins >> 8 & 0xFF
        if mode == _BASE and a <= slot:
            return None  # One of several results.
        if mode == _DST and a == slot:
            op = ins & 0xFF
            if op not in (BC.KSHORT, BC.KNUM) or _jumped_over(rec, start, pc, end):
                return None
            return _constant_of(rec, ins, type_)
    return None


def _jumped_over(rec: Recorder, start: int, pc: int, end: int) -> bool:
    """Is there a forward jump from before `pc` to behind it?"""
    for other in range(pc, start, -4):
        ins = rec.view.ins(other)
        if ins & 0xFF == BC.JMP and pc < other + 4 + 4 * jump_of(ins) <= end:
            return True
    return False


def _constant_of(rec: Recorder, ins: int, type_: IRType) -> Ins | None:
    assert rec.pt is not None
    if ins & 0xFF == BC.KSHORT:
        value = float((ins >> 16) - (0x10000 if ins >> 31 else 0))
    else:
        value = number_of(rec.view.knum(rec.pt, ins >> 16))
    if type_ is not INT:
        return rec.builder.knum(value)
    integer = num2int(value)
    return rec.builder.kint(integer) if integer == value else None


def _load_argument(rec: Recorder, slot: int, type_: IRType, mode: int, *, known_start: bool = False) -> Ins:
    convert = SLOAD_CONVERT if type_ is INT else 0
    return rec.sload_typed(slot, type_, mode | convert, guard=bool(convert) and not known_start)


def _argument(rec: Recorder, fori: int, slot: int, type_: IRType, mode: int, *, safe: bool) -> Ins:
    """Stop or step: what the slot holds, a constant found in the bytecode, or a load."""
    known = rec.get(slot)
    if known is None:
        known = _constant_start(rec, fori, slot, type_)
    if known is None:
        known = _load_argument(rec, slot, type_, mode, known_start=safe)
    return known


def _rises(step: int) -> bool:
    """Direction of a loop, as the interpreter decides it: the sign bit of the step."""
    return step >> 63 == 0


def _next_iteration(index: float, stop: float, step: float, rising: bool) -> tuple[LoopEvent, Op]:
    """Simulates the loop bytecode; the comparison is the one that holds now."""
    if rising:
        if index <= stop:
            return (LoopEvent.ENTER_LOW if index + 2 * step > stop else LoopEvent.ENTER), Op.LE
        return LoopEvent.LEAVE, Op.GT
    if stop <= index:
        return (LoopEvent.ENTER_LOW if index + 2 * step < stop else LoopEvent.ENTER), Op.GE
    return LoopEvent.LEAVE, Op.LT


def _check_range(rec: Recorder, type_: IRType, rising: bool, stop: Ins, step: Ins, *, init: bool) -> None:
    """Guards, hoisted out of the loop, for the direction and against overflow of the narrowed index."""
    b = rec.builder
    narrowed = init and type_ is INT
    if not step.is_const:
        zero = b.kint(0) if type_ is INT else b.knum(0.0)
        b.guard(Op.GE if rising else Op.LT, type_, step, zero)
        if not narrowed:
            return
        if stop.is_const:
            k = int(stop.value)
            if rising and k > 0:
                b.guard(Op.LE, INT, step, b.kint(0x7FFFFFFF - k))
            elif not rising and k < 0:
                b.guard(Op.GE, INT, step, b.kint(-0x80000000 - k))
        else:
            total = b.guard(Op.ADDOV, INT, step, stop)
            b.emit(Op.USE, INT, total)  # ADDOV is weak: keep it.
    elif narrowed and not stop.is_const:
        k = (0x7FFFFFFF if rising else -0x80000000) - int(step.value)
        b.guard(Op.LE if rising else Op.GE, INT, stop, b.kint(k))


def _values(rec: Recorder, slot: int) -> tuple[float, float, float]:
    index, stop, step = (number_of(bits) for bits in rec.view.slots(slot, 3))
    return index, stop, step


def start_loop(rec: Recorder, fori: int, scev: Scev, *, init: bool) -> None:
    """Fill in the scalar evolution of the loop at `fori`; `init`: at the start of a trace, without a step."""
    a = rec.view.ins(fori) >> 8 & 0xFF
    index = rec.get(a + FORL_INDEX)
    if index is not None:
        type_ = index.type
    else:
        type_ = narrow.narrow_forl(rec.builder, *_values(rec, a)) if init else NUM
    mode = SLOAD_INHERIT | SLOAD_READONLY
    stop = _argument(rec, fori, a + FORL_STOP, type_, mode, safe=False)
    step = _argument(rec, fori, a + FORL_STEP, type_, mode, safe=False)
    rising = _rises(rec.view.slot(a + FORL_STEP))
    scev.type, scev.direction, scev.stop, scev.step = type_, int(rising), stop, step
    _check_range(rec, type_, rising, stop, step, init=init)
    scev.start = _constant_start(rec, fori, a + FORL_INDEX, INT)
    if index is None:
        # The conversion of the index needs no guard if the loop of the trace starts at a constant integer.
        known_start = rec.builder.scev.start is not None
        index = _load_argument(rec, a + FORL_INDEX, type_, SLOAD_INHERIT, known_start=known_start)
    if not init:
        index = rec.emit(Op.ADD, type_, index, step)
        rec.put(a + FORL_INDEX, index)
    rec.put(a + FORL_EXT, index)
    scev.idx, scev.pc = index, fori
    rec.maxslot = a + FORL_EXT + 1


def _step_loop(rec: Recorder, fori: int, a: int) -> tuple[IRType, Ins, bool]:
    """FORL: advance the index.  Type of the loop, its stop value, and whether the index may be NaN now.

    It has been compared before, so only an infinite step makes it that."""
    scev = rec.builder.scev
    index = rec.get(a + FORL_INDEX)
    if scev.pc == fori and index is not None and index is scev.idx:
        assert scev.step is not None and scev.stop is not None
        index = rec.emit(Op.ADD, scev.type, index, scev.step)
        rec.put(a + FORL_INDEX, index)
        rec.put(a + FORL_EXT, index)
        return scev.type, scev.stop, not _is_finite(scev.step)
    inner = Scev()
    start_loop(rec, fori, inner, init=False)
    assert inner.stop is not None and inner.step is not None
    return inner.type, inner.stop, not _is_finite(inner.step)


def _enter_loop(rec: Recorder, a: int) -> tuple[IRType, Ins, bool]:
    """FORI: bring all three values to one type.  That, the stop value, and whether there may be NaNs."""
    if not all(is_number(value) for value in rec.view.slots(a, 3)):
        raise Abort(TraceError.RECERR)  # The interpreter raises the error.
    index = rec.get(a + FORL_INDEX)
    type_ = (
        narrow.narrow_forl(rec.builder, *_values(rec, a)) if index is not None and is_integer(index) else NUM
    )
    for slot in range(a, a + 3):
        tr = rec.getslot(slot)
        if tr.type is STR:
            tr = rec.guard(Op.STRTO, NUM, tr)
        if type_ is INT:
            if not is_integer(tr):
                tr = rec.guard(Op.CONV, INT, tr, CONV_INT_NUM | CONV_CHECK)
        elif tr.type is not NUM:
            tr = rec.to_num(tr)
        rec.put(slot, tr)
    stop, step = rec.getslot(a + FORL_STOP), rec.getslot(a + FORL_STEP)
    rec.put(a + FORL_EXT, rec.getslot(a + FORL_INDEX))
    _check_range(rec, type_, _rises(rec.view.slot(a + FORL_STEP)), stop, step, init=True)
    return type_, stop, not (_is_finite(rec.getslot(a + FORL_INDEX)) and _is_finite(stop))


def _is_finite(ins: Ins, depth: int = MAX_FINITE) -> bool:
    """Is it a number made of integers in a few steps, which is far from infinite?"""
    if ins.type is INT or ins.op is Op.CONV:
        return True
    if ins.op is Op.KNUM:
        return abs(float(ins.args[0])) < 2.0**32
    if depth == 0 or ins.op not in (Op.ADD, Op.SUB, Op.MUL):
        return False
    return all(_is_finite(operand, depth - 1) for operand in ins.args)


def _numeric_loop(rec: Recorder, fori: int, *, back: bool) -> LoopEvent:
    ins = rec.view.ins(fori)
    a = ins >> 8 & 0xFF
    index, limit, step = _values(rec, a)
    type_, stop, may_be_nan = _step_loop(rec, fori, a) if back else _enter_loop(rec, a)
    event, op = _next_iteration(
        index + step if back else index, limit, step, _rises(rec.view.slot(a + FORL_STEP))
    )
    inside, outside = (a + FORL_EXT + 1, fori + 4), (a, fori + 4 + 4 * jump_of(ins))
    leaves = event is LoopEvent.LEAVE
    rec.maxslot, rec.pc = inside if leaves else outside  # The exit goes the other way.
    snap_add(rec)
    current = rec.get(a + FORL_INDEX)
    assert current is not None
    if leaves and may_be_nan:  # A guard that fails would go on in the body, as luajit's does.
        op = Op.UGT if op is Op.GT else Op.ULT
    rec.guard(op, type_, current, stop)
    rec.maxslot, rec.pc = outside if leaves else inside
    rec.builder.need_snapshot = True
    return event


# Generic loops and LOOP.


def _generic_loop(rec: Recorder, ins: int) -> LoopEvent:
    a = ins >> 8 & 0xFF
    first = rec.getslot(a)
    if first.type is IRType.NIL:
        rec.maxslot = a - 3
        rec.pc += 4
        return LoopEvent.LEAVE
    rec.put(a - 1, first)
    rec.maxslot = a - 1 + (rec.view.ins(rec.pc - 4) >> 24)
    rec.pc += 4 * (jump_of(ins) + 1)
    return LoopEvent.ENTER


def _plain_loop(rec: Recorder, a: int, skip: int) -> LoopEvent:
    rec.maxslot = min(rec.maxslot, a)
    rec.pc += 4 * skip
    return LoopEvent.ENTER


def _limit_unrolling(rec: Recorder) -> None:
    rec.loopunroll -= 1
    if rec.loopunroll < 0:
        raise Abort(TraceError.LUNROLL)


def _interpreted(rec: Recorder, pc: int, event: LoopEvent) -> None:
    """The loop at `pc` has no trace of its own (yet)."""
    if rec.is_root:
        if pc == rec.startpc and rec.framedepth + rec.retdepth == 0:
            if rec.cur.startins & 0xFF == BC.ITERN:
                return  # It closes at the next ITERN.
            if event is LoopEvent.LEAVE:
                raise Abort(TraceError.LLEAVE)
            rec.stop(LinkType.LOOP, rec.cur.number)
        elif event is not LoopEvent.LEAVE:
            if jump_of(rec.view.ins(pc)) != -1 and not rec.context.inner_loop_left(pc):
                raise Abort(TraceError.LINNER)
            if event is not LoopEvent.ENTER_LOW and rec.loopref and rec.nins - rec.loopref > 24:
                raise Abort(TraceError.LUNROLL)
            _limit_unrolling(rec)
            rec.loopref = rec.nins
    elif event is not LoopEvent.LEAVE:
        rec.loopref = rec.nins
        _limit_unrolling(rec)


def _compiled(rec: Recorder, number: int, event: LoopEvent) -> None:
    """The loop has trace `number`."""
    if rec.is_root:
        raise Abort(TraceError.LINNER)
    if event is not LoopEvent.LEAVE:
        rec.builder.instunroll = 0
        if rec.pc == rec.startpc and rec.framedepth + rec.retdepth == 0:
            rec.stop(LinkType.LOOP, rec.cur.number)
        else:
            rec.stop(LinkType.ROOT, number)


@record(BC.FORI)
def fori(rec: Recorder, x: Operands) -> None:
    if _numeric_loop(rec, rec.pc, back=False) is not LoopEvent.LEAVE:
        rec.loopref = rec.nins


@record(BC.JFORI)
def jfori(rec: Recorder, x: Operands) -> None:
    forl = rec.view.ins(rec.pc + 4 * (x.c - JUMP_BIAS))
    assert forl & 0xFF == BC.JFORL, forl
    if _numeric_loop(rec, rec.pc, back=False) is not LoopEvent.LEAVE:
        rec.stop(LinkType.ROOT, forl >> 16)


@record(BC.FORL)
def forl(rec: Recorder, x: Operands) -> None:
    pc = rec.pc
    _interpreted(rec, pc, _numeric_loop(rec, pc + 4 * (x.c - JUMP_BIAS), back=True))


@record(BC.JFORL)
def jforl(rec: Recorder, x: Operands) -> None:
    start = rec.context.trace(x.c).startins
    _compiled(rec, x.c, _numeric_loop(rec, rec.pc + 4 * jump_of(start), back=True))


@record(BC.ITERL)
def iterl(rec: Recorder, x: Operands) -> None:
    pc = rec.pc
    _interpreted(rec, pc, _generic_loop(rec, rec.view.ins(pc)))


@record(BC.JITERL)
def jiterl(rec: Recorder, x: Operands) -> None:
    _compiled(rec, x.c, _generic_loop(rec, rec.context.trace(x.c).startins))


@record(BC.LOOP)
def loop(rec: Recorder, x: Operands) -> None:
    pc = rec.pc
    _interpreted(rec, pc, _plain_loop(rec, x.a, 1))


@record(BC.JLOOP)
def jloop(rec: Recorder, x: Operands) -> None:
    start = rec.context.trace(x.c).startins & 0xFF
    _compiled(rec, x.c, _plain_loop(rec, x.a, int(not BC.RETM <= start <= BC.RET1)))


@record(BC.JMP)
def jump(rec: Recorder, x: Operands) -> None:
    rec.maxslot = min(rec.maxslot, x.a)


@record(BC.IFORL, BC.IITERL, BC.ILOOP, BC.IFUNCF, BC.IFUNCV)
def blacklisted(rec: Recorder, x: Operands) -> None:
    raise Abort(TraceError.BLACKL)
