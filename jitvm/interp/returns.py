"""Returns: results move down onto the called function's slot, and the caller goes on.

A frame's link says how to return.  From a Lua caller, its call instruction does: B is the number of results
wanted plus one (0: all, counted in g.multres), A is where the frame began.

    [func link | slots ... r1 r2]   RET   ->   [r1 r2 nil]
"""

from __future__ import annotations

from ir.objects import TValue
from jitvm.front.bytecode import BC
from jitvm.interp.frames import kbase_at
from jitvm.interp.headers import Header
from jitvm.native import Interp, Next, Ptr, addr, handler, u32, u64, unlikely, vm_leave
from jitvm.runtime.links import CONT, CP, KIND, NOT_LUA, VARG, C, below_other
from jitvm.runtime.value import NIL, TRUE

COROUTINE_END = int(Header.COROUTINE_END)


@handler()
def vm_return(vm: Interp, ra: u64, rd: u64) -> Next:
    """Return `rd` - 1 results that start at address `ra`."""
    link = (vm.base - 1).bits
    if unlikely(link & NOT_LUA != 0):
        return vm.tail(vm_return_other, ra, rd)
    ins = (Ptr[u32](link) - 1)[0]
    src = Ptr[TValue](ra)
    dst = vm.base - 2
    base = dst - (ins >> 8 & 0xFF)
    end = src + (rd - 1)
    wanted = u64(ins >> 24)
    if wanted == 0:
        vm.g.multres = rd
    elif wanted != rd:
        if wanted < rd:
            end = src + (wanted - 1)
        else:
            # The missing ones: these slots are above all results once those have moved.
            while src < end:
                dst.bits = src.bits
                dst = dst + 1
                src = src + 1
            missing = wanted - rd
            while missing != 0:
                dst.bits = NIL
                dst = dst + 1
                missing = missing - 1
    while src < end:
        dst.bits = src.bits
        dst = dst + 1
        src = src + 1
    vm.pc = Ptr[u32](link)
    vm.base = base
    vm.kbase = kbase_at(base)
    return vm.next()


@handler()
def vm_return_other(vm: Interp, ra: u64, rd: u64) -> Next:
    """Return from a frame that no Lua function called directly."""
    link = (vm.base - 1).bits
    kind = link & KIND
    if kind == CP:
        return vm.tail(vm_return_entry, ra, rd)
    if kind == C:
        return vm.tail_ptr(vm.g.dispatch_plain[COROUTINE_END], ra, rd)
    if kind == CONT:
        return vm.tail_ptr(vm.g.dispatch_plain[(vm.base - 4).bits], ra, rd)
    vm.base = below_other(vm.base, link)
    if kind == VARG:
        return vm.tail(vm_return, ra, rd)
    # Out of a pcall: one more result.  The slot below the results is free, the link has been read.
    first = Ptr[TValue](ra) - 1
    first.bits = TRUE
    return vm.tail(vm_return, addr(first), rd + 1)


@handler()
def vm_return_entry(vm: Interp, ra: u64, rd: u64) -> Next:
    """Return to Python: results go to where the function was, L.top after them; the status counts them."""
    thread = vm.g.cur
    src = Ptr[TValue](ra)
    dst = vm.base - 2
    left = rd - 1
    while left != 0:
        dst.bits = src.bits
        dst = dst + 1
        src = src + 1
        left = left - 1
    thread.base = vm.base
    thread.top = dst
    return vm.tail(vm_leave, 0, rd - 1)


@handler(BC.RETM)
def retm(vm: Interp, ra: u64, rd: u64) -> Next:
    """D fixed results, then those of the last open call."""
    return vm.tail(vm_return, addr(vm.base + ra), rd + vm.g.multres)


@handler(BC.RET)
def ret(vm: Interp, ra: u64, rd: u64) -> Next:
    return vm.tail(vm_return, addr(vm.base + ra), rd)


@handler(BC.RET0)
def ret0(vm: Interp, ra: u64, rd: u64) -> Next:
    link = (vm.base - 1).bits
    if unlikely(link & NOT_LUA != 0):
        return vm.tail(vm_return_other, addr(vm.base + ra), 1)
    ins = (Ptr[u32](link) - 1)[0]
    wanted = ins >> 24
    if unlikely(wanted > 1):
        return vm.tail(vm_return, addr(vm.base + ra), 1)
    vm.g.multres = 1
    base = vm.base - 2 - (ins >> 8 & 0xFF)
    vm.pc = Ptr[u32](link)
    vm.base = base
    vm.kbase = kbase_at(base)
    return vm.next()


@handler(BC.RET1)
def ret1(vm: Interp, ra: u64, rd: u64) -> Next:
    link = (vm.base - 1).bits
    if unlikely(link & NOT_LUA != 0):
        return vm.tail(vm_return_other, addr(vm.base + ra), 2)
    ins = (Ptr[u32](link) - 1)[0]
    wanted = ins >> 24
    if unlikely(wanted > 2):
        return vm.tail(vm_return, addr(vm.base + ra), 2)
    (vm.base - 2).bits = (vm.base + ra).bits
    vm.g.multres = 2
    base = vm.base - 2 - (ins >> 8 & 0xFF)
    vm.pc = Ptr[u32](link)
    vm.base = base
    vm.kbase = kbase_at(base)
    return vm.next()
