"""Errors: from the failing bytecode to the frame that catches.

    return vm.tail(vm_error, ERR_ARITH, addr(operand))     a handler's slow path
    vm_error   has the message made (`runtime/messages.py`), which is left in g.errval
    vm_unwind  walks the frames down from L.base to a pcall frame, or to the entry from Python

No C stack is unwound: a Lua frame is only slots, so giving up frames is moving `base`.  Before that, with the
whole stack still there, the handler of an xpcall runs.  Python is told (upcall RAISED) if it has something to
do then: look for who catches the error of a function that a library function called, make the traceback of an
error nobody catches, abort a recording.
"""

from __future__ import annotations

from ir.objects import VM, Frame, State, Stop, TValue
from jitvm.interp.frames import sync
from jitvm.interp.headers import Header
from jitvm.interp.returns import vm_return
from jitvm.native import Interp, Next, Ptr, addr, handler, inline, likely, u64, unlikely, vm_leave
from jitvm.runtime.errcodes import ERR_BUILTIN
from jitvm.runtime.func import func_close
from jitvm.runtime.links import CP, KIND, PCALL, C, below_lua, below_other
from jitvm.runtime.messages import ASSERTION, assertion_error, handle_error, make_error
from jitvm.runtime.state import MAX_EXTENDED, stack_relimit
from jitvm.runtime.upcalls import UPCALL_RAISED
from jitvm.runtime.value import FALSE

COROUTINE_FAILED = int(Header.COROUTINE_FAILED)
#: The link of a plain pcall's frame: two slots above the frame of pcall itself.
PCALL_LINK = 2 * 8 | int(Frame.PCALL)
#: The link of an xpcall's frame: one more slot, for the message handler.
XPCALL_LINK = 3 * 8 | int(Frame.PCALL)
STOP_BUG = int(Stop.BUG)
#: What the entry returns for an error in g.errval.
FAILED = 0xFFFFFFFFFFFFFFFF


@handler()
def vm_error(vm: Interp, ra: u64, rd: u64) -> Next:
    """Raise error `ra` (an Err) with detail `rd`, at the bytecode before PC of the running Lua function."""
    g = vm.g
    thread = sync(g, vm.base)
    g.savepc = addr(vm.pc)
    make_error(g, thread, ra, rd)
    return vm.tail(vm_unwind, 0, 0)


@handler()
def vm_error_call(vm: Interp, ra: u64, rd: u64) -> Next:
    """The same where a function has just been called: L.base and L.top are set, PC is behind its header."""
    g = vm.g
    g.savepc = addr(vm.pc)
    make_error(g, g.cur, ra, rd)
    return vm.tail(vm_unwind, 0, 0)


@handler()
def vm_builtin_failed(vm: Interp, ra: u64, rd: u64) -> Next:
    """A library function returned -1: g.errcode says why, or is 0 if g.errval is the error."""
    g = vm.g
    if g.errcode != 0:
        g.savepc = 0
        if g.errcode == ASSERTION and g.errarg > 1:
            assertion_error(g, g.cur)
        else:
            make_error(g, g.cur, u64(ERR_BUILTIN), u64(g.errcode))
    return vm.tail(vm_unwind, 0, 0)


@inline
def stops_error(g: Ptr[VM], kind: u64) -> bool:
    """Does the frame catch an error, or is it the entry from Python?  Nothing catches a bug of ours."""
    return kind == C or kind == CP or (kind == PCALL and g.interrupt != STOP_BUG)


@inline
def handle_once(g: Ptr[VM], thread: Ptr[State], catcher: Ptr[TValue]) -> None:
    """The handler of an xpcall runs once for an error, though library functions may pass that on."""
    if unlikely(g.handled_place == addr(catcher) - addr(thread.stack) and g.handled_error == g.errval.bits):
        g.handled_place = u64(0)
    else:
        handle_error(g, thread, catcher)
        g.handled_place = u64(0)


@handler()
def vm_unwind(vm: Interp, ra: u64, rd: u64) -> Next:
    """The error in g.errval leaves the frame at L.base."""
    g = vm.g
    thread = g.cur
    base = thread.base
    link = (base - 1).bits
    while not stops_error(g, link & KIND):
        if link & 3 == 0:
            base = below_lua(base, link)
        else:
            base = below_other(base, link)
        link = (base - 1).bits
    if (link != PCALL_LINK and link & KIND != C) or g.recording != 0:
        place = addr(base) - addr(thread.stack)
        if likely(link == XPCALL_LINK and g.recording == 0):
            handle_once(g, thread, base)
        else:
            g.upcall(UPCALL_RAISED, addr(thread), addr(base), u64(0))
        base = Ptr[TValue](addr(thread.stack) + place)  # A message handler may have made the stack grow.
        if unlikely(g.interrupt == STOP_BUG and link & KIND == PCALL):
            return vm.tail(vm_unwind, 0, 0)
    if link & KIND != CP:
        thread.handling = 0
    if link & KIND == C:
        return vm.tail_ptr(g.dispatch_plain[COROUTINE_FAILED], u64(0), u64(0))
    if link & KIND != PCALL:
        thread.base = base
        if thread.openupval:
            func_close(g, thread, base)
        return vm.tail(vm_leave, 0, FAILED)
    base = below_other(base, link)
    if thread.openupval:
        func_close(g, thread, base)
    base.bits = FALSE
    (base + 1).bits = g.errval.bits
    thread.base = base
    thread.top = base + 2
    if unlikely(thread.stacksize > MAX_EXTENDED):
        stack_relimit(g, thread)
    vm.base = thread.base
    return vm.tail(vm_return, addr(vm.base), 3)
