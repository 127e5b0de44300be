"""Calls and returns: functions are inlined, so a call only moves the picture of the stack up by a frame.

    CALL f: guard that the slot holds this very function; slots f+2.. become the parameters of the new frame

A return moves it back down.  Below the frame in which the trace began nothing is known: returning there
emits RETF, a guard for the return address, or ends the trace.  Recursion is cut off by counting frames with
the same prototype.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.fields import FL_FUNC_FFID, FL_FUNC_PC
from ir.objects import Frame
from ir.ops import Op
from ir.trace import LinkType
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, Meta
from jitvm.front.proto import ProtoFlag
from jitvm.interp.headers import Header
from jitvm.record.meta import Lookup
from jitvm.record.recorder import (
    FRAME,
    FUNC,
    INT,
    MAX_SLOTS,
    P64,
    Operands,
    Recorder,
    is_numeric_or_string,
    record,
)
from jitvm.record.snap import snap_add, snap_purge
from jitvm.record.upvalue import is_polymorphic
from jitvm.record.view import NIL as NIL_BITS
from jitvm.record.view import ProtoView, pointer_of

NIL = IRType.NIL
#: Slots between the end of a frame and the base of a metamethod that it called.
CONT_FRAME = 4
I64 = IRType.I64


def is_return(ins: int) -> bool:
    return BC.RETM <= ins & 0xFF <= BC.RET1


def _is_pcall(link: int) -> bool:
    return link & 6 == Frame.PCALL & 6


def _is_lua(link: int) -> bool:
    return link & 3 == Frame.LUA


def _is_vararg(link: int) -> bool:
    return link & 7 == Frame.VARG


# Calls.


def _specialise(rec: Recorder, fn: int, tr: Ins) -> Ins:
    """Guard for the function called, or for its prototype if there are many closures of it."""
    view, b = rec.view, rec.builder
    if view.is_lua(fn):
        pt = view.func_proto(fn)
        if is_polymorphic(rec, pt.address):
            pc = b.emit(Op.FLOAD, P64, tr, FL_FUNC_PC)
            b.guard(Op.EQ, P64, pc, b.kptr(pt.bc))
            b.kgc(pt.address, IRType.PROTO)  # Keeps the prototype alive.
            return tr
    elif rec.context.is_shared_builtin(view.ffid(fn)):
        ffid = b.emit(Op.FLOAD, IRType.U8, tr, FL_FUNC_FFID)
        b.guard(Op.EQ, INT, ffid, b.kint(view.ffid(fn)))
        return tr
    kfunc = b.kgc(fn, FUNC)
    b.guard(Op.EQ, FUNC, tr, kfunc)
    return kfunc


def _set_up(rec: Recorder, func: int, nargs: int, value: int) -> None:
    rec.getslot(func)
    for i in range(1, nargs + 1):
        rec.getslot(func + 1 + i)
    tr = rec.getslot(func)
    if tr.type is not FUNC:
        found = Lookup(rec, tr, value, Meta.CALL)
        if found.function.type is not FUNC:
            raise Abort(TraceError.NOMM)
        rec.move_slots(rec.baseslot + func + 3, rec.baseslot + func + 2, nargs)
        rec.put(func + 2, tr)
        nargs += 1
        tr, value = found.function, found.functionv
    rec.put(func, _specialise(rec, pointer_of(value), tr))
    rec.put(func + 1, None, FRAME)
    rec.maxslot = nargs


def record_call(rec: Recorder, func: int, nargs: int, value: int | None = None) -> None:
    """Call the function in slot `func`, or `value` if the slot does not hold it yet."""
    _set_up(rec, func, nargs, rec.view.slot(func) if value is None else value)
    rec.framedepth += 1
    rec.baseslot += func + 2
    if rec.baseslot + rec.maxslot >= MAX_SLOTS:
        raise Abort(TraceError.STACKOV)


def record_tail_call(rec: Recorder, func: int, nargs: int, value: int | None = None) -> None:
    _set_up(rec, func, nargs, rec.view.slot(func) if value is None else value)
    link = rec.view.link(rec.view.base - 8)
    if _is_vararg(link):
        below = link >> 3
        rec.framedepth -= 1
        if rec.framedepth < 0:
            raise Abort(TraceError.NYIRETL)
        rec.baseslot -= below
        func += below
    if rec.baseslot == 2:
        rec.put(func + 1, None, FRAME)
    rec.move_slots(rec.baseslot - 2, rec.baseslot + func, rec.maxslot + 2)
    rec.tailcalled += 1
    if rec.tailcalled > rec.loopunroll:
        raise Abort(TraceError.LUNROLL)


@record(BC.CALL)
def call(rec: Recorder, x: Operands) -> None:
    record_call(rec, x.a, x.c - 1)


@record(BC.CALLM)
def call_multiple(rec: Recorder, x: Operands) -> None:
    record_call(rec, x.a, x.c + rec.view.multres() - 1)


@record(BC.CALLT)
def tail_call(rec: Recorder, x: Operands) -> None:
    record_tail_call(rec, x.a, x.c - 1)


@record(BC.CALLMT)
def tail_call_multiple(rec: Recorder, x: Operands) -> None:
    record_tail_call(rec, x.a, x.c + rec.view.multres() - 1)


@record(BC.ITERC)
def iterator_call(rec: Recorder, x: Operands) -> None:
    a = x.a
    rec.put(a, rec.getslot(a - 3))
    rec.put(a + 2, rec.getslot(a - 2))
    rec.put(a + 3, rec.getslot(a - 1))
    record_call(rec, a, x.c - 1, rec.view.slot(a - 3))


# Returns.


def _down_recursion(rec: Recorder, pt: ProtoView) -> bool:
    """Has the trace returned to this prototype often enough to close a down-recursive loop?"""
    chain = rec.builder.chain[Op.RETF]
    count = sum(1 for ins in chain if ins.args[0].value == pt.address)
    if count:
        if rec.pc != rec.startpc:
            raise Abort(TraceError.DOWNREC)
        return count + rec.tailcalled > rec.limits.recunroll
    return False


def _drop_frame(rec: Recorder, link: int) -> int:
    below = link >> 3
    rec.baseslot -= below
    return below


def record_return(rec: Recorder, first: int, count: int) -> None:
    """Return `count` results from slot `first` on."""
    view = rec.view
    for i in range(count):
        rec.getslot(first + i)
    value = _result_value(rec, first) if count else NIL_BITS
    frame = view.base - 8
    link = view.link(frame)
    while _is_pcall(link):  # pcall prepends true to the results, at once.
        rec.framedepth -= 1
        if rec.framedepth <= 0:
            raise Abort(TraceError.NYIRETL)
        count += 1
        first += _drop_frame(rec, link) - 1
        rec.put(first, rec.cur.k_true)
        frame = view.frame_prev(frame)
        link = view.link(frame)
        rec.builder.need_snapshot = True
    if _leaves_trace(rec, link):
        rec.clear_slots(rec.baseslot, rec.baseslot + first)
        rec.maxslot = first + count
        rec.stop(LinkType.RETURN, 0)
        return
    if _is_vararg(link):
        rec.framedepth -= 1
        if rec.framedepth < 0:
            raise Abort(TraceError.NYIRETL)
        first += _drop_frame(rec, link)
        frame = view.frame_prev(frame)
        link = view.link(frame)
    if link & 7 == Frame.CONT:
        _return_to_cont(rec, frame, (rec.get(first) if count else rec.cur.k_nil), value)
    elif _is_lua(link):
        _return_to_lua(rec, frame, link, first, count)
    else:
        raise Abort(TraceError.NYIRETL)


def _result_value(rec: Recorder, first: int) -> int:
    """The value in a slot that is returned; 0 for that of a library function, which has not run yet."""
    return rec.view.slot(first) if rec.pt is not None else 0


def _return_to_cont(rec: Recorder, frame: int, result: Ins | None, value: int) -> None:
    """Return from a metamethod: its first result, of known type, is what the continuation wants."""
    view = rec.view
    rec.framedepth -= 2
    if rec.framedepth < 0:
        raise Abort(TraceError.NYIRETL)
    below = view.link(frame) >> 3
    rec.baseslot -= below
    rec.maxslot = below - CONT_FRAME
    cont, caller = view.value_at(frame - 24), view.ins(view.value_at(frame - 16) - 4)
    if cont == Header.CONT_CAT and caller >> 24 != rec.maxslot:
        rec.put(rec.maxslot, result)
        result = _go_on_joining(rec, frame, caller >> 24, value)
    if cont in (Header.CONT_RA, Header.CONT_CAT) and result is not None:
        dst = caller >> 8 & 0xFF
        rec.put(dst, result)
        rec.maxslot = max(rec.maxslot, dst + 1)
    elif cont == Header.CONT_STITCH:
        raise Abort(TraceError.NYIRETL)


def _go_on_joining(rec: Recorder, frame: int, first: int, value: int) -> Ins | None:
    """A concatenation with operands left: as if the frame below and the result were on the stack."""
    from jitvm.record.arith import join

    view = rec.view
    slot, base = frame - 24, view.base
    saved = view.value_at(slot)
    if not value and not is_numeric_or_string(rec.getslot(rec.maxslot)):
        raise Abort(TraceError.NYIRETL)
    view.base = frame + 8 - view.link(frame) // 8 * 8
    view.read.set_u64(slot, value)
    try:
        return join(rec, first, rec.maxslot)
    finally:
        view.base = base
        view.read.set_u64(slot, saved)


def _leaves_trace(rec: Recorder, link: int) -> bool:
    """Does the interpreter do this return: out of a root trace that does not start at one?"""
    if rec.framedepth != 0 or rec.pt is None or not is_return(rec.view.ins(rec.pc)):
        return False
    return not _is_lua(link) or (rec.is_root and not is_return(rec.cur.startins))


def _return_to_lua(rec: Recorder, frame: int, link: int, first: int, count: int) -> None:
    view = rec.view
    caller = view.ins(link - 4)
    wanted = (caller >> 24) - 1 if caller >> 24 else count
    below = caller >> 8 & 0xFF
    pt = view.func_proto(view.frame_func(frame - 8 * (below + 2)))
    if view.proto_flags(pt.address) & ProtoFlag.NOJIT:
        raise Abort(TraceError.CJITOFF)
    if rec.framedepth == 0 and rec.pt is not None and frame == view.base - 8:
        if _down_recursion(rec, pt):
            rec.maxslot = first + count
            snap_purge(rec)
            rec.stop(LinkType.DOWNREC, rec.cur.number)
            return
        snap_add(rec)
    for i in range(wanted):
        rec.put(i - 2, rec.get(first + i) if i < count else rec.cur.k_nil)
    rec.maxslot = below + wanted
    if rec.framedepth > 0:
        rec.framedepth -= 1
        rec.baseslot -= below + 2
    else:
        _return_below(rec, pt, link, below, wanted)


def _return_below(rec: Recorder, pt: ProtoView, link: int, below: int, wanted: int) -> None:
    """Return to a frame that the trace knows nothing of."""
    if rec.is_root and not is_return(rec.cur.startins):
        raise Abort(TraceError.LLEAVE)
    if rec.builder.need_snapshot:
        raise Abort(TraceError.NYIRETL)  # No place for a snapshot after the side effects of a tail call.
    b = rec.builder
    b.guard(Op.RETF, P64, b.kgc(pt.address, IRType.PROTO), b.kptr(link))
    rec.retdepth += 1
    b.need_snapshot = True
    assert rec.baseslot == 2, rec.baseslot
    rec.move_slots(2 + below, 0, wanted)
    rec.clear_slots(0, below + 2)


@record(BC.RET, BC.RET0, BC.RET1)
def return_(rec: Recorder, x: Operands) -> None:
    record_return(rec, x.a, x.c - 1)


@record(BC.RETM)
def return_multiple(rec: Recorder, x: Operands) -> None:
    record_return(rec, x.a, x.c + rec.view.multres() - 1)


# Function headers.


def _check_recursion(rec: Recorder, linked: int) -> None:
    """Close the loop of a recursive function, or give up on inlining it further."""
    view = rec.view
    assert rec.pt is not None
    frame = view.base - 8
    pc = view.func_pc(view.frame_func(frame))
    depth, count = rec.framedepth, 0
    if view.proto_flags(rec.pt.address) & ProtoFlag.VARARG:
        depth -= 1
    while depth > 0:
        if view.link(frame) & 7 == Frame.CONT:
            depth -= 1
        frame = view.frame_prev(frame)
        if view.func_pc(view.frame_func(frame)) == pc:
            count += 1
        depth -= 1
    if rec.pc == rec.startpc:
        if count + rec.tailcalled > rec.limits.recunroll:
            rec.pc += 4
            same = rec.framedepth + rec.retdepth == 0
            rec.stop(LinkType.TAILREC if same else LinkType.UPREC, rec.cur.number)
    elif count > rec.limits.callunroll:
        if linked:
            rec.context.retry_call(rec.pc, linked)
        raise Abort(TraceError.CUNROLL)


def _enter_function(rec: Recorder) -> None:
    pt = rec.pt
    assert pt is not None
    if rec.view.proto_flags(pt.address) & ProtoFlag.NOJIT:
        raise Abort(TraceError.CJITOFF)
    if rec.baseslot + pt.framesize >= MAX_SLOTS:
        raise Abort(TraceError.STACKOV)
    for slot in range(rec.maxslot, pt.numparams):
        rec.put(slot, rec.cur.k_nil)
    rec.maxslot = pt.numparams


@record(BC.FUNCF)
def function(rec: Recorder, x: Operands) -> None:
    _enter_function(rec)
    _check_recursion(rec, 0)


@record(BC.FUNCV)
def vararg_function(rec: Recorder, x: Operands) -> None:
    pt = rec.pt
    assert pt is not None
    shift = rec.maxslot + 2
    if rec.baseslot + shift + pt.framesize >= MAX_SLOTS:
        raise Abort(TraceError.STACKOV)
    rec.put(shift - 2, rec.get(-2))
    rec.put(shift - 1, None, FRAME)
    fixed = min(pt.numparams, rec.maxslot)
    for slot in range(fixed):
        rec.put(shift + slot, rec.get(slot))
        rec.put(slot, rec.cur.k_nil)
    rec.maxslot = fixed
    rec.framedepth += 1
    rec.baseslot += shift
    function(rec, x)


@record(BC.JFUNCF)
def compiled_function(rec: Recorder, x: Operands) -> None:
    _enter_function(rec)
    trace = rec.context.trace(x.c)
    if trace.linktype is LinkType.RETURN:
        _check_recursion(rec, x.c)
        # The interpreter goes through the function itself this time, so that recording goes on in it.
        rec.patch = rec.pc, rec.view.ins(rec.pc)
        rec.view.read.set_u32(rec.pc, trace.startins)
        return
    rec.builder.instunroll = 0
    if rec.pc == rec.startpc and rec.framedepth + rec.retdepth == 0:
        rec.stop(LinkType.TAILREC, rec.cur.number)
    else:
        rec.stop(LinkType.ROOT, x.c)


# Varargs.


@record(BC.VARG)
def varargs(rec: Recorder, x: Operands) -> None:
    pt = rec.pt
    assert pt is not None
    dst, wanted = x.a, x.b - 1
    link = rec.view.link(rec.view.base - 8)
    assert _is_vararg(link), link
    passed = (link >> 3) - pt.numparams - 2
    if dst > rec.maxslot:
        rec.put(dst - 1, None)
    if rec.framedepth > 0:
        _known_varargs(rec, dst, wanted, max(passed, 0))
    else:
        from jitvm.record.varargs import unknown_varargs

        unknown_varargs(rec, dst, wanted, passed)
    if rec.baseslot + rec.maxslot >= MAX_SLOTS:
        raise Abort(TraceError.STACKOV)


def _known_varargs(rec: Recorder, dst: int, wanted: int, passed: int) -> None:
    """The caller is part of the trace."""
    if rec.baseslot + dst + (passed if wanted == -1 else wanted) >= MAX_SLOTS:
        raise Abort(TraceError.STACKOV)
    if wanted == -1:
        wanted = passed
        rec.maxslot = dst + passed
    else:
        rec.maxslot = max(rec.maxslot, dst + wanted)
    for i in range(wanted):
        rec.put(dst + i, rec.getslot(i - passed - 2) if i < passed else rec.cur.k_nil)
