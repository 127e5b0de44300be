"""Moves, constants, upvalues and closures."""

from __future__ import annotations

from ir.objects import GCproto
from ir.types import TAG_SHIFT
from jitvm.front.bytecode import BC
from jitvm.interp.collect import vm_collect
from jitvm.interp.frames import frame_func, jump_distance, sync
from jitvm.interp.throw import vm_error
from jitvm.native import Interp, Next, Ptr, f64, handler, i32, i64, u32, u64, unlikely
from jitvm.runtime.barrier import barrier_upvalue
from jitvm.runtime.errcodes import ERR_CDATA
from jitvm.runtime.func import func_close, func_new
from jitvm.runtime.value import NIL, STR_BITS, func_upval, set_func


@handler(BC.MOV)
def mov(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).bits = (vm.base + rd).bits
    return vm.next()


@handler(BC.KSTR)
def kstr(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).bits = vm.kbase[-1 - i64(rd)] | STR_BITS
    return vm.next()


@handler(BC.KCDATA)
def kcdata(vm: Interp, ra: u64, rd: u64) -> Next:
    """64-bit and complex constants belong to the FFI, which is not here."""
    return vm.tail(vm_error, ERR_CDATA, ra)


@handler(BC.KSHORT)
def kshort(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).num = f64(i32(rd << 16) >> 16)
    return vm.next()


@handler(BC.KNUM)
def knum_(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).bits = vm.kbase[rd]
    return vm.next()


@handler(BC.KPRI)
def kpri(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).bits = ~(rd << TAG_SHIFT)
    return vm.next()


@handler(BC.KNIL)
def knil(vm: Interp, ra: u64, rd: u64) -> Next:
    """Slots A to D."""
    slot = vm.base + ra
    last = vm.base + rd
    slot.bits = NIL
    while slot < last:
        slot = slot + 1
        slot.bits = NIL
    return vm.next()


# Upvalues.


@handler(BC.UGET)
def uget(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).bits = func_upval(frame_func(vm.base), u32(rd)).v.bits
    return vm.next()


@handler(BC.USETV)
def usetv(vm: Interp, ra: u64, rd: u64) -> Next:
    uv = func_upval(frame_func(vm.base), u32(ra))
    uv.v.bits = (vm.base + rd).bits
    barrier_upvalue(vm.g, uv)
    return vm.next()


@handler(BC.USETS)
def usets(vm: Interp, ra: u64, rd: u64) -> Next:
    uv = func_upval(frame_func(vm.base), u32(ra))
    uv.v.bits = vm.kbase[-1 - i64(rd)] | STR_BITS
    barrier_upvalue(vm.g, uv)
    return vm.next()


@handler(BC.USETN)
def usetn(vm: Interp, ra: u64, rd: u64) -> Next:
    func_upval(frame_func(vm.base), u32(ra)).v.bits = vm.kbase[rd]
    return vm.next()


@handler(BC.USETP)
def usetp(vm: Interp, ra: u64, rd: u64) -> Next:
    func_upval(frame_func(vm.base), u32(ra)).v.bits = ~(rd << TAG_SHIFT)
    return vm.next()


@handler(BC.UCLO)
def uclo(vm: Interp, ra: u64, rd: u64) -> Next:
    """Close the upvalues at and above slot A, then jump."""
    vm.pc = vm.pc + jump_distance(rd)
    thread = vm.g.cur
    level = vm.base + ra
    if thread.openupval:
        func_close(vm.g, thread, level)
    return vm.next()


@handler(BC.FNEW)
def fnew(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    thread = sync(g, vm.base)
    proto = Ptr[GCproto](vm.kbase[-1 - i64(rd)])
    fn = func_new(g, thread, proto, frame_func(vm.base))
    set_func(vm.base + ra, fn)
    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect, 0, 0)
    return vm.next()
