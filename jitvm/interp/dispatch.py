"""The other dispatch targets: recording, interrupts, library functions written in Python.

`g.dispatch` is what NEXT jumps through; `g.dispatch_plain` always holds the handlers proper.  While a trace
is recorded, every entry of the former is `vm_record`: the recorder sees a bytecode, then it runs through the
latter. To stop a program, loop and call entries are replaced by `vm_interrupt`.

A function header's operand register counts arguments, so its word is made anew before it is dispatched again.
"""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.front.bytecode import BC
from jitvm.interp.frames import frame_func, jump_distance, top_of_frame
from jitvm.interp.throw import vm_unwind
from jitvm.native import Interp, Next, Ptr, addr, handler, i64, inline, native, u32, u64, unlikely
from jitvm.runtime.upcalls import UPCALL_BUILTIN, UPCALL_INTERRUPT, UPCALL_RECORD

OP_FUNCF, OP_FUNCV, OP_UCLO = int(BC.FUNCF), int(BC.FUNCV), int(BC.UCLO)
OP_CALLM, OP_CALLMT, OP_RETM, OP_TSETM = int(BC.CALLM), int(BC.CALLMT), int(BC.RETM), int(BC.TSETM)


@native
def end_of_values(g: Ptr[VM], base: Ptr[TValue], pc: Ptr[u32]) -> Ptr[TValue]:
    """Where the frame ends at a bytecode: an open list of values, taken by it, may be longer."""
    ins = (pc - 1)[0]
    if ins & 0xFF == OP_UCLO:  # Between the call and the RETM of `return f()`.
        ins = (pc + jump_distance(u64(ins >> 16)))[0]
    op = ins & 0xFF
    values = base + (ins >> 8 & 0xFF) + (g.multres - 1)
    if op == OP_CALLM or op == OP_CALLMT:
        return values + ((ins >> 16 & 0xFF) + 2)
    if op == OP_RETM:
        return values + (ins >> 16)
    if op == OP_TSETM:
        return values
    return top_of_frame(base)


@inline
def store_frame(vm: Interp, rd: u64) -> Ptr[State]:
    """The frame as Python may look at it, at any bytecode; at a header it ends with the arguments."""
    g = vm.g
    g.cur.base = vm.base
    if (vm.pc - 1)[0] & 0xFF < OP_FUNCF:
        g.cur.top = end_of_values(g, vm.base, vm.pc)
    else:
        g.cur.top = vm.base + (rd - 1)
    return g.cur


@inline
def again(vm: Interp, rd: u64) -> u32:
    """The word of the bytecode before PC, to be run without counting a call."""
    ins = (vm.pc - 1)[0]
    op = ins & 0xFF
    if op >= OP_FUNCF:
        ins = ins & 0xFFFF | u32(rd) << 16
        if op == OP_FUNCF or op == OP_FUNCV:
            ins = ins + 1
    return ins


@handler()
def vm_record(vm: Interp, ra: u64, rd: u64) -> Next:
    """Show the bytecode before PC to the recorder, then run it (it may have been patched meanwhile)."""
    thread = store_frame(vm, rd)
    if unlikely(vm.g.upcall(UPCALL_RECORD, addr(thread), addr(vm.pc) - 4, u64(0)) < 0):
        return vm.tail(vm_unwind, 0, 0)
    return vm.plain(again(vm, rd))


@handler()
def vm_interrupt(vm: Interp, ra: u64, rd: u64) -> Next:
    thread = store_frame(vm, rd)
    vm.g.savepc = addr(vm.pc)
    if vm.g.upcall(UPCALL_INTERRUPT, addr(thread), addr(vm.pc) - 4, u64(0)) < 0:
        return vm.tail(vm_unwind, 0, 0)
    # Whoever else wants to see the bytecode (the recorder, a hook) is in the table again.
    ins = (vm.pc - 1)[0]
    if ins & 0xFF >= OP_FUNCF:
        ins = ins & 0xFFFF | u32(rd) << 16
    return vm.dispatch(ins)


@native
def builtin_upcall(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The code of every library function that is written in Python."""
    return g.upcall(UPCALL_BUILTIN, addr(frame_func(base).pc), addr(L), u64(nargs))
