"""Calls: CALL* lay a frame over the arguments, FUNC* headers finish it, VARG reads what a header put aside.

    slot A: function, A+1: room for the link, A+2 ...: arguments    ->    base = slot A+2

A header finds the number of arguments plus one where other bytecodes find operand D.  Library functions have
a header of their own (FUNCC, or a number beyond the bytecodes, see `headers.py`).
"""

from __future__ import annotations

from ir.objects import TValue
from jitvm.front.bytecode import BC
from jitvm.interp.collect import vm_collect_call
from jitvm.interp.enter import jloop
from jitvm.interp.frames import (
    frame_func,
    func_in,
    header_proto,
    hot_counter,
    is_function,
    kbase_at,
    sync,
)
from jitvm.interp.headers import Header
from jitvm.interp.returns import vm_return
from jitvm.interp.throw import vm_builtin_failed, vm_error, vm_error_call, vm_unwind
from jitvm.native import Interp, Next, Ptr, addr, handler, i64, native, u32, u64, unlikely
from jitvm.runtime.errcodes import ERR_CALL, ERR_CALL_VALUE, ERR_STACK, TAIL_CALL
from jitvm.runtime.links import KIND, NOT_LUA, VARG, below_lua, below_other
from jitvm.runtime.meta import MM_CALL, meta_lookup
from jitvm.runtime.state import ERROR_IN_ERROR, GROWN, stack_grow
from jitvm.runtime.upcalls import UPCALL_HOTCALL
from jitvm.runtime.value import NIL, is_func, set_thread

#: Slots a library function may use without asking.
MIN_STACK = 20
OP_FUNCF, OP_FUNCV = int(BC.FUNCF), int(BC.FUNCV)


# Calls.


@handler()
def vm_call(vm: Interp, ra: u64, rd: u64) -> Next:
    """Call the function below address `ra`, the new base, where the link is already; `rd` - 1 arguments."""
    base = Ptr[TValue](ra)
    value = (base - 2).sbits
    if unlikely(not is_function(value)):
        return vm.tail(vm_call_value, ra, rd)
    vm.base = base
    pc = func_in(value).pc
    ins = pc[0]
    vm.pc = pc + 1
    return vm.tail_ptr(vm.g.dispatch[ins & 0xFF], ins >> 8 & 0xFF, rd)


@native
def insert_callee(base: Ptr[TValue], rd: u64, function: u64) -> None:
    """What was to be called becomes the first argument, before `rd` - 1 others, of a function."""
    slot = base + (rd - 1)
    while slot > base:
        slot.bits = (slot - 1).bits
        slot = slot - 1
    base.bits = (base - 2).bits
    (base - 2).bits = function


@handler()
def vm_call_value(vm: Interp, ra: u64, rd: u64) -> Next:
    """A call of no function: of its __call, with it as the first argument."""
    base = Ptr[TValue](ra)
    mo = meta_lookup(vm.g, base - 2, MM_CALL)
    if is_func(mo):
        insert_callee(base, rd, mo.bits)
        return vm.tail(vm_call, ra, rd + 1)
    link = (base - 1).bits
    if link & NOT_LUA == 0:
        # A library function may have handed its frame to what it calls: the error is its caller's.
        vm.pc = Ptr[u32](link)
        vm.base = below_lua(base, link)
        return vm.tail(vm_error, ERR_CALL, addr(base - 2))
    thread = vm.g.cur
    thread.base = base
    thread.top = base
    return vm.tail(vm_error_call, ERR_CALL_VALUE, addr(base - 2))


@handler(BC.CALL)
def call(vm: Interp, ra: u64, rd: u64) -> Next:
    fn = vm.base + ra
    value = fn.sbits
    (fn + 1).bits = addr(vm.pc)
    if unlikely(not is_function(value)):
        return vm.tail(vm_call_value, addr(fn + 2), rd & 0xFF)
    vm.base = fn + 2
    pc = func_in(value).pc
    ins = pc[0]
    vm.pc = pc + 1
    return vm.tail_ptr(vm.g.dispatch[ins & 0xFF], ins >> 8 & 0xFF, rd & 0xFF)


@handler(BC.CALLM)
def callm(vm: Interp, ra: u64, rd: u64) -> Next:
    """C fixed arguments, then the results of the last open call."""
    fn = vm.base + ra
    (fn + 1).bits = addr(vm.pc)
    return vm.tail(vm_call, addr(fn + 2), (rd & 0xFF) + vm.g.multres)


@handler(BC.CALLT)
def callt(vm: Interp, ra: u64, rd: u64) -> Next:
    """The called function takes over this frame and its link."""
    fn = vm.base + ra
    value = fn.sbits
    if unlikely(not is_function(value)):
        return vm.tail(vm_call_value_tail, addr(fn), rd)
    base = vm.base
    if unlikely((base - 1).bits & KIND == VARG):
        base = below_other(base, (base - 1).bits)
    (base - 2).sbits = value
    src = fn + 2
    dst = base
    left = rd - 1
    while left != 0:
        dst.bits = src.bits
        dst = dst + 1
        src = src + 1
        left = left - 1
    vm.base = base
    callee = func_in(value)
    link = (base - 1).bits
    if callee.ffid != 0 and link & NOT_LUA == 0:
        # A library function returns straight to our caller, whose constants it does not look for.
        vm.kbase = kbase_at(below_lua(base, link))
    pc = callee.pc
    ins = pc[0]
    vm.pc = pc + 1
    return vm.tail_ptr(vm.g.dispatch[ins & 0xFF], ins >> 8 & 0xFF, rd)


@handler(BC.CALLMT)
def callmt(vm: Interp, ra: u64, rd: u64) -> Next:
    return vm.tail(callt, ra, rd + vm.g.multres)


@handler()
def vm_call_value_tail(vm: Interp, ra: u64, rd: u64) -> Next:
    """The same for a tail call of what is at address `ra`."""
    fn = Ptr[TValue](ra)
    mo = meta_lookup(vm.g, fn, MM_CALL)
    if is_func(mo):
        insert_callee(fn + 2, rd, mo.bits)
        return vm.tail(callt, u64(fn - vm.base), rd + 1)
    return vm.tail(vm_error, ERR_CALL, ra)


@handler(Header.START)
def vm_start(vm: Interp, ra: u64, rd: u64) -> Next:
    """The entry from Python: the function is below base, g.multres counts the arguments plus one."""
    return vm.tail(vm_call, addr(vm.base), vm.g.multres)


# Function headers.


@handler()
def vm_hotcall(vm: Interp, ra: u64, rd: u64) -> Next:
    """The function whose header is before PC became hot; `rd` - 1 arguments."""
    g = vm.g
    thread = g.cur
    thread.base = vm.base
    thread.top = vm.base + (rd - 1)
    if unlikely(g.upcall(UPCALL_HOTCALL, addr(thread), addr(vm.pc) - 4, u64(0)) < 0):
        return vm.tail(vm_unwind, 0, 0)
    # The header may have become JFUNCF; if not, it runs uncounted.
    ins = (vm.pc - 1)[0]
    if ins & 0xFF == OP_FUNCF or ins & 0xFF == OP_FUNCV:
        ins = ins + 1
    return vm.plain(ins & 0xFFFF | u32(rd) << 16)


@handler()
def vm_grow(vm: Interp, ra: u64, rd: u64) -> Next:
    """The stack has no room for the function just called: grow it and start the header again.

    If the stack can't grow, the frame of a Lua function loses its function, as in LuaJIT: messages and
    tracebacks leave it out."""
    g = vm.g
    thread = g.cur
    base = vm.base
    thread.base = base
    thread.top = base + (rd - 1)
    is_lua = frame_func(base).ffid == 0
    sticks_out = is_lua and base + ra > thread.maxstack
    grown = stack_grow(g, thread, u32(ra) if is_lua else u32(MIN_STACK))
    vm.base = thread.base
    if unlikely(grown != GROWN):
        if sticks_out:
            set_thread(thread.base - 2, thread)
            thread.top = thread.base + 1
            grown = ERROR_IN_ERROR
        elif is_lua:
            thread.top = thread.base + ra
        return vm.tail(vm_error_call, ERR_STACK, u64(u32(grown)))
    return vm.plain((vm.pc - 1)[0] & 0xFFFF | u32(rd) << 16)


@handler(BC.FUNCF)
def funcf(vm: Interp, ra: u64, rd: u64) -> Next:
    counter = hot_counter(vm.g, vm.pc)
    left = counter[0]
    counter[0] = left - 1
    if unlikely(left < 1):
        return vm.tail(vm_hotcall, ra, rd)
    proto = header_proto(vm.pc)
    base = vm.base
    if unlikely(base + ra > vm.g.cur.maxstack):
        return vm.tail(vm_grow, ra, rd)
    given = u32(rd)
    params = proto.numparams
    while unlikely(given <= params):
        (base + (given - 1)).bits = NIL
        given = given + 1
    vm.kbase = proto.k
    return vm.next()


@handler(BC.IFUNCF)
def ifuncf(vm: Interp, ra: u64, rd: u64) -> Next:
    proto = header_proto(vm.pc)
    base = vm.base
    if unlikely(base + ra > vm.g.cur.maxstack):
        return vm.tail(vm_grow, ra, rd)
    given = u32(rd)
    params = proto.numparams
    while unlikely(given <= params):
        (base + (given - 1)).bits = NIL
        given = given + 1
    vm.kbase = proto.k
    return vm.next()


@handler(BC.JFUNCF)
def jfuncf(vm: Interp, ra: u64, rd: u64) -> Next:
    """Its D, in memory, is the trace: the operand register counts arguments."""
    proto = header_proto(vm.pc)
    base = vm.base
    if unlikely(base + ra > vm.g.cur.maxstack):
        return vm.tail(vm_grow, ra, rd)
    given = u32(rd)
    params = proto.numparams
    while unlikely(given <= params):
        (base + (given - 1)).bits = NIL
        given = given + 1
    vm.kbase = proto.k
    return vm.tail(jloop, ra, u64((vm.pc - 1)[0] >> 16))


@handler(BC.FUNCV)
def funcv(vm: Interp, ra: u64, rd: u64) -> Next:
    """No counter: a vararg function's header starts no trace."""
    return vm.tail(ifuncv, ra, rd)


@handler(BC.IFUNCV)
def ifuncv(vm: Interp, ra: u64, rd: u64) -> Next:
    """Fixed arguments are copied above all arguments, under a frame of their own."""
    old = vm.base
    base = old + (rd + 1)
    if unlikely(base + ra > vm.g.cur.maxstack):
        return vm.tail(vm_grow, ra, rd)
    (base - 2).bits = (old - 2).bits
    (base - 1).bits = (rd + 1) * 8 | VARG
    end = base - 2
    proto = header_proto(vm.pc)
    left = u64(proto.numparams)
    dst = base
    while left != 0:
        if old < end:
            dst.bits = old.bits
            old.bits = NIL
            old = old + 1
        else:
            dst.bits = NIL
        dst = dst + 1
        left = left - 1
    vm.base = base
    vm.kbase = proto.k
    return vm.next()


@handler(BC.JFUNCV)
def jfuncv(vm: Interp, ra: u64, rd: u64) -> Next:
    """Never made: no trace starts at a vararg function's header."""
    return vm.tail(ifuncv, ra, rd)


@handler()
def vm_builtin_special(vm: Interp, ra: u64, rd: u64) -> Next:
    """A library function failed, or wants the function that it left in its own place to take over."""
    if i64(rd) != TAIL_CALL:
        return vm.tail(vm_builtin_failed, 0, 0)
    thread = vm.g.cur
    vm.base = thread.base
    return vm.tail(vm_call, addr(thread.base), u64(thread.top - thread.base) + 1)


@handler(BC.FUNCC)
def funcc(vm: Interp, ra: u64, rd: u64) -> Next:
    """A library function: System V code that leaves its results below L.top and returns their number."""
    g = vm.g
    thread = g.cur
    base = vm.base
    top = base + (rd - 1)
    thread.base = base
    thread.top = top
    if unlikely(top + MIN_STACK > thread.maxstack):
        return vm.tail(vm_grow, ra, rd)
    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect_call, ra, rd)
    fn = frame_func(base)
    count = fn.fn(g, thread, base, u32(rd) - 1)
    if unlikely(count < 0):
        return vm.tail(vm_builtin_special, 0, u64(count))
    vm.base = thread.base
    return vm.tail(vm_return, addr(thread.top - count), u64(count) + 1)


@handler(BC.FUNCCW)
def funccw(vm: Interp, ra: u64, rd: u64) -> Next:
    return vm.tail(funcc, ra, rd)


# Varargs.


@handler()
def vm_grow_varg(vm: Interp, ra: u64, rd: u64) -> Next:
    """No room for `rd` values at slot A: grow the stack, then VARG again."""
    g = vm.g
    thread = sync(g, vm.base)
    if unlikely(stack_grow(g, thread, u32(ra + rd)) != 0):
        vm.base = thread.base
        return vm.tail(vm_error, ERR_STACK, 0)
    vm.base = thread.base
    return vm.plain((vm.pc - 1)[0])


@handler(BC.VARG)
def varg(vm: Interp, ra: u64, rd: u64) -> Next:
    """B - 1 values (B = 0: all) of the arguments after the first C."""
    base = vm.base
    wanted = rd >> 8
    dst = base + ra
    end = base - 2
    src = Ptr[TValue](addr(base) - ((base - 1).bits - VARG)) + (rd & 0xFF)
    if wanted != 0:
        wanted = wanted - 1
        while wanted != 0:
            if src < end:
                dst.bits = src.bits
                src = src + 1
            else:
                dst.bits = NIL
            dst = dst + 1
            wanted = wanted - 1
        return vm.next()
    vm.g.multres = 1
    if src < end:
        count = u64(end - src)
        vm.g.multres = count + 1
        if unlikely(dst + count > vm.g.cur.maxstack):
            return vm.tail(vm_grow_varg, ra, count)
        while src < end:
            dst.bits = src.bits
            src = src + 1
            dst = dst + 1
    return vm.next()
