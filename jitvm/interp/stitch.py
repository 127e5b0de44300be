"""Returns of library functions that a trace ended at: on to the trace that follows, if there is one.

The trace left a continuation frame below the function's (`jitvm/record/stitch.py`):

    base-5  serial number and number of the trace     base-3  return address     base-1  distance | CONT
"""

from __future__ import annotations

from ir.objects import Frame, TValue
from jitvm.interp.frames import kbase_at, sync
from jitvm.interp.headers import Header
from jitvm.native import Interp, Next, Ptr, addr, handler, i32, u32, u64
from jitvm.runtime.links import below_other
from jitvm.runtime.upcalls import UPCALL_STITCH
from jitvm.runtime.value import NIL

SERIAL_SHIFT, NUMBER_MASK = 16, 0xFFFF
assert Frame.CONT == 2


@handler(Header.CONT_STITCH)
def vm_return_stitched(vm: Interp, ra: u64, rd: u64) -> Next:
    """Return `rd` - 1 results, from address `ra` on, to the call instruction before the return address."""
    g = vm.g
    link = (vm.base - 1).bits
    word = (vm.base - 5).bits
    pc = Ptr[u32]((vm.base - 3).bits)
    base = below_other(vm.base, link)
    ins = (pc - 1)[0]
    src = Ptr[TValue](ra)
    dst = base + (ins >> 8 & 0xFF)
    given = rd - 1
    wanted = u64(ins >> 24)
    if wanted == 0:
        g.multres = rd
        wanted = rd
    wanted = wanted - 1
    while wanted != 0:
        if given != 0:
            dst.bits = src.bits
            src = src + 1
            given = given - 1
        else:
            dst.bits = NIL
        dst = dst + 1
        wanted = wanted - 1
    vm.pc = pc
    vm.base = base
    vm.kbase = kbase_at(base)
    head = g.traces[word & NUMBER_MASK]
    if head == None or head.serial != word >> SERIAL_SHIFT or head.link == head.number:  # noqa: E711
        return vm.next()
    if head.link != 0:
        follower = g.traces[head.link]
        g.jit_base = base
        g.vmstate = i32(follower.number)
        return vm.tail_ptr(follower.mcode, u64(0), u64(0))
    thread = sync(g, base)
    g.upcall(UPCALL_STITCH, addr(thread), addr(pc) - 4, word & NUMBER_MASK)
    return vm.next()
