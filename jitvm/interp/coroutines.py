"""Coroutines: Lua stacks that take turns.  A change from one to another changes `g.cur`, not the C stack.

    resume(co, 1, 2)      the frame of `resume` stays on the stack of the resumer, waiting for results
    yield(3)              the frame of `yield` stays on the coroutine's stack, waiting for arguments

Whoever is resumed goes on as if its own library function returned what the other side passed.  A new
coroutine has its function in the first slot; it is called with a link of kind C, and returning through that
link, or an error that reaches it, ends the coroutine:

    stack+2: function    stack+3: 16|C    stack+4 ...: arguments

`State.resumer` is the thread to go back to; a thread with a resumer is running, or has resumed another one.
`State.cframe` is the entry from Python or from a native function that the coroutine was resumed in: it can
yield only while that is the innermost one.

Invariant: threads that are not `g.cur` have `base` and `top` stored, and nobody holds pointers into their
stacks, so that the collector may move them.
"""

from __future__ import annotations

from ir.objects import VM, Frame, State, TValue
from jitvm.interp.calls import MIN_STACK, vm_call, vm_grow
from jitvm.interp.headers import Header
from jitvm.interp.returns import vm_return
from jitvm.interp.throw import STOP_BUG, vm_builtin_failed, vm_unwind
from jitvm.lib.ffnames import FFIDS
from jitvm.native import Interp, Next, Ptr, addr, handler, inline, native, u32, u64, unlikely
from jitvm.runtime.errcodes import (
    BAD_CO_DEAD,
    BAD_CO_RUNNING,
    BAD_STACK_OVERFLOW,
    BAD_THREAD,
    BAD_YIELD,
)
from jitvm.runtime.messages import place_error
from jitvm.runtime.state import CO_FAILED, FRESH, YIELDED, stack_grow
from jitvm.runtime.value import FALSE, POINTER, TRUE, func_of, is_str, is_thread, thread_of

#: Link of the first function of a coroutine.
BOTTOM_LINK = 2 * 8 | int(Frame.C)
FFID_WRAP = FFIDS["coroutine.wrap_aux"]
STACK_START = 2


@native
def cannot_resume(g: Ptr[VM], co: Ptr[State]) -> u32:
    """Why not, as a `Bad`; 0 if it can be."""
    if co == g.main or co.resumer:
        return BAD_CO_RUNNING
    if co.status == YIELDED or (co.status == FRESH and co.top != co.base):
        return 0
    return BAD_CO_DEAD


@native
def move_slots(dst: Ptr[TValue], src: Ptr[TValue], count: u64) -> None:
    while count != 0:
        dst.bits = src.bits
        dst = dst + 1
        src = src + 1
        count = count - 1


@native
def switch_to(g: Ptr[VM], co: Ptr[State], src: Ptr[TValue], count: u64) -> Ptr[TValue]:
    """Makes `co` the running thread, with `count` values from the running one; where they are.  Null if they
    are too many."""
    at = co.base
    if co.status == FRESH:
        at = at + 2
    if unlikely(at + (count + MIN_STACK) > co.maxstack):
        if stack_grow(g, co, u32(count) + MIN_STACK) != 0:
            return Ptr[TValue](u64(0))
        at = co.base
        if co.status == FRESH:
            at = at + 2
    if co.status == FRESH:
        (at - 1).bits = BOTTOM_LINK
    move_slots(at, src, count)
    co.status = 0
    co.resumer = g.cur
    co.cframe = g.cframe
    g.cur = co
    return at


@handler()
def vm_resume(vm: Interp, ra: u64, rd: u64) -> Next:
    """Resume the thread `ra`, which can be, with the last `rd` arguments of the running library function."""
    g = vm.g
    co = Ptr[State](ra)
    fresh = co.status == FRESH
    at = switch_to(g, co, g.cur.top - rd, rd)
    if unlikely(not at):
        g.errcode = BAD_STACK_OVERFLOW
        return vm.tail(vm_builtin_failed, 0, 0)
    if fresh:
        return vm.tail(vm_call, addr(at), rd + 1)
    vm.base = co.base
    return vm.tail(vm_return, addr(at), rd + 1)


@handler(Header.RESUME)
def header_resume(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    base = vm.base
    L = g.cur
    if unlikely(base + (rd + MIN_STACK) > L.maxstack):
        return vm.tail(vm_grow, ra, rd)
    L.base = base
    L.top = base + (rd - 1)
    if unlikely(rd < 2 or not is_thread(base)):
        g.errarg = 1
        g.errcode = BAD_THREAD
        return vm.tail(vm_builtin_failed, 0, 0)
    co = thread_of(base)
    why = cannot_resume(g, co)
    if unlikely(why != 0):
        base.bits = FALSE
        (base + 1).bits = func_of(base - 2).uv[0 if why == BAD_CO_DEAD else 1]
        return vm.tail(vm_return, addr(base), 3)
    return vm.tail(vm_resume, addr(co), rd - 2)


@handler(Header.WRAP_AUX)
def header_wrap(vm: Interp, ra: u64, rd: u64) -> Next:
    """The function that `coroutine.wrap` returns: its coroutine is its upvalue."""
    g = vm.g
    base = vm.base
    L = g.cur
    if unlikely(base + (rd + MIN_STACK) > L.maxstack):
        return vm.tail(vm_grow, ra, rd)
    L.base = base
    L.top = base + (rd - 1)
    co = Ptr[State](func_of(base - 2).uv[0] & POINTER)
    why = cannot_resume(g, co)
    if unlikely(why != 0):
        g.errcode = why
        return vm.tail(vm_builtin_failed, 0, 0)
    return vm.tail(vm_resume, addr(co), rd - 1)


@handler(Header.YIELD)
def header_yield(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    co = g.cur
    co.base = vm.base
    co.top = vm.base + (rd - 1)
    if unlikely(not can_yield(g, co)):
        g.errcode = BAD_YIELD
        return vm.tail(vm_builtin_failed, 0, 0)
    co.status = YIELDED
    return vm.tail(vm_hand_back, addr(vm.base), rd - 1)


@inline
def can_yield(g: Ptr[VM], co: Ptr[State]) -> bool:
    return addr(co.resumer) != 0 and co.cframe == g.cframe


@native
def switch_back(g: Ptr[VM], src: Ptr[TValue], count: u64) -> u64:
    """Back to the resumer, with values of the running thread.  The number of results, from its base
    on, plus one; 0 if they are too many."""
    co = g.cur
    L = co.resumer
    co.resumer = Ptr[State](u64(0))
    g.cur = L
    if unlikely(L.base + (count + MIN_STACK) > L.maxstack):
        if stack_grow(g, L, u32(count) + MIN_STACK) != 0:
            return 0
    if is_wrap(L):
        move_slots(L.base, src, count)
        return count + 1
    L.base.bits = TRUE
    move_slots(L.base + 1, src, count)
    return count + 2


@inline
def is_wrap(L: Ptr[State]) -> bool:
    """Is the library function that resumed a coroutine one of `coroutine.wrap`?"""
    return func_of(L.base - 2).ffid == FFID_WRAP


@handler()
def vm_hand_back(vm: Interp, ra: u64, rd: u64) -> Next:
    """The running coroutine stops here; `rd` values from address `ra` on go to its resumer."""
    g = vm.g
    results = switch_back(g, Ptr[TValue](ra), rd)
    if unlikely(results == 0):
        g.errcode = BAD_STACK_OVERFLOW
        return vm.tail(vm_builtin_failed, 0, 0)
    vm.base = g.cur.base
    return vm.tail(vm_return, addr(vm.base), results)


@handler(Header.COROUTINE_END)
def vm_coroutine_end(vm: Interp, ra: u64, rd: u64) -> Next:
    """The first function of the running coroutine returns `rd` - 1 results."""
    co = vm.g.cur
    co.base = co.stack + STACK_START
    co.top = co.base
    return vm.tail(vm_hand_back, ra, rd - 1)


@handler(Header.COROUTINE_FAILED)
def vm_coroutine_failed(vm: Interp, ra: u64, rd: u64) -> Next:
    """The error in g.errval has reached the end of the running coroutine, whose stack stays as it is."""
    g = vm.g
    co = g.cur
    L = co.resumer
    co.resumer = Ptr[State](u64(0))
    co.status = CO_FAILED
    g.cur = L
    if unlikely(g.interrupt == STOP_BUG):
        return vm.tail(vm_unwind, 0, 0)
    if is_wrap(L):
        if is_str(g.errval):
            g.savepc = 0
            place_error(g, L, 1)
        return vm.tail(vm_unwind, 0, 0)
    base = L.base
    base.bits = FALSE
    (base + 1).bits = g.errval.bits
    vm.base = base
    return vm.tail(vm_return, addr(base), 3)
