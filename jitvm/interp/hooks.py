"""What the dispatch table holds while a hook is set (`runtime/hooks.py`).

    vm_hook       asks Python about the bytecode, then runs it
    vm_compiled   a bytecode that enters a trace runs as the one it replaced

A hook may look at the whole stack, and move it, so everything is stored before and loaded again afterwards.
"""

from __future__ import annotations

from ir.objects import VM
from jitvm.front.bytecode import BC
from jitvm.interp.dispatch import store_frame
from jitvm.interp.throw import vm_unwind
from jitvm.native import Interp, Next, Ptr, addr, handler, native, u32, u64, unlikely
from jitvm.runtime.upcalls import UPCALL_HOOK

OP_FUNCF, OP_FUNCV, OP_JFUNCF, OP_JFUNCV = int(BC.FUNCF), int(BC.FUNCV), int(BC.JFUNCF), int(BC.JFUNCV)
OP_FORL, OP_ITERL, OP_LOOP, OP_ITERN = int(BC.FORL), int(BC.ITERL), int(BC.LOOP), int(BC.ITERN)
OP_JFORI, OP_JFORL, OP_JITERL, OP_JLOOP = int(BC.JFORI), int(BC.JFORL), int(BC.JITERL), int(BC.JLOOP)
COUNT, LINE, ACTIVE = 8, 4, 16


@native
def uncompiled(g: Ptr[VM], ins: u32) -> u32:
    """The bytecode to run instead, such that no trace is entered and nothing is counted."""
    op = ins & 0xFF
    if op == OP_JFORI:
        return ins - 1
    if op == OP_JFORL or op == OP_JITERL or op == OP_JLOOP:
        ins = g.traces[ins >> 16].startins
        op = ins & 0xFF
    if op == OP_FORL or op == OP_ITERL or op == OP_LOOP or op == OP_FUNCF or op == OP_FUNCV:
        ins = ins + 1
    elif op == OP_JFUNCF or op == OP_JFUNCV:
        ins = ins - 1
    return ins


assert OP_JFORI - 1 == int(BC.FORI) and OP_JFUNCF - 1 == int(BC.IFUNCF)


@handler()
def vm_compiled(vm: Interp, ra: u64, rd: u64) -> Next:
    """The bytecode before PC would enter a trace, or count towards one."""
    ins = uncompiled(vm.g, (vm.pc - 1)[0])
    if ins & 0xFF >= OP_FUNCF:
        ins = ins & 0xFFFF | u32(rd) << 16
    return vm.plain(ins)


@native
def is_due(g: Ptr[VM], op: u32) -> bool:
    """Is there anything to ask?  Counts bytecodes."""
    if g.hookmask & ACTIVE != 0:
        return False
    if op >= OP_FUNCF or g.hookmask & COUNT == 0:
        return True
    g.hook_count = g.hook_count - 1
    return g.hook_count == 0 or g.hookmask & ~u32(COUNT) != 0


@handler()
def vm_hook(vm: Interp, ra: u64, rd: u64) -> Next:
    """Before the bytecode before PC."""
    g = vm.g
    if is_due(g, (vm.pc - 1)[0] & 0xFF):
        thread = store_frame(vm, rd)
        if unlikely(g.upcall(UPCALL_HOOK, addr(thread), addr(vm.pc) - 4, u64(0)) < 0):
            return vm.tail(vm_unwind, 0, 0)
        vm.base = g.cur.base
        if (vm.pc - 1)[0] & 0xFF >= OP_FUNCF:  # The hook may have given values to parameters without one.
            rd = ((addr(g.cur.top) - addr(vm.base)) >> 3) + 1
    return vm.tail(vm_compiled, ra, rd)
