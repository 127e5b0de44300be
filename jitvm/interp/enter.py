"""Into compiled code.  Every way leads through JLOOP: loops, function headers, returns that are stitched."""

from __future__ import annotations

from jitvm.front.bytecode import BC
from jitvm.native import Interp, Next, handler, i32, u64


@handler(BC.JLOOP)
def jloop(vm: Interp, ra: u64, rd: u64) -> Next:
    """Enter trace D."""
    g = vm.g
    trace = g.traces[rd]
    g.jit_base = vm.base
    g.vmstate = i32(trace.number)
    return vm.tail_ptr(trace.mcode, ra, rd)
