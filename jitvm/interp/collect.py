"""Collections between two bytecodes, where finalizers may run: the stack may be another one afterwards.

    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect, 0, 0)
    return vm.next()
"""

from __future__ import annotations

from jitvm.interp.frames import sync
from jitvm.interp.throw import vm_unwind
from jitvm.native import Interp, Next, addr, handler, u32, u64, unlikely
from jitvm.runtime.finalize import gc_collect


@handler()
def vm_collect(vm: Interp, ra: u64, rd: u64) -> Next:
    """Collect, then go on at PC.  The bytecode before it has stored its result."""
    g = vm.g
    sync(g, vm.base)
    g.savepc = addr(vm.pc)
    if unlikely(gc_collect(g) < 0):
        return vm.tail(vm_unwind, 0, 0)
    vm.base = g.cur.base
    return vm.next()


@handler()
def vm_collect_call(vm: Interp, ra: u64, rd: u64) -> Next:
    """Collect, then start again with the library function whose header is before PC; `rd` - 1 arguments."""
    g = vm.g
    g.savepc = 0
    if unlikely(gc_collect(g) < 0):
        return vm.tail(vm_unwind, 0, 0)
    vm.base = g.cur.base
    if g.gc_threshold <= g.gc_total:
        g.gc_threshold = g.gc_total + 1
    return vm.plain((vm.pc - 1)[0] & 0xFFFF | u32(rd) << 16)
