"""Generic `for`: ITERC calls the iterator; ITERN is `next` in line, made of ITERC by ISNEXT.

    A-3 iterator   A-2 state   A-1 control   A key   A+1 value

For `pairs(t)` the control slot holds no key but the index of the next entry, under a tag of its own
(KEYINDEX_HI), so that an iteration never searches.
"""

from __future__ import annotations

from ir.types import TAG_SHIFT, TAG_TAB
from jitvm.front.bytecode import BC
from jitvm.interp.calls import vm_call_value
from jitvm.interp.frames import JUMP_BIAS, func_in, is_function, jump_distance, table_in
from jitvm.interp.loops import is_hot, vm_hotloop
from jitvm.interp.throw import vm_error
from jitvm.native import Interp, Next, Ptr, addr, f64, handler, i32, i64, u8, u16, u32, u64, unlikely
from jitvm.runtime.errcodes import ERR_BADTYPE
from jitvm.runtime.table import KEYINDEX_HI
from jitvm.runtime.value import NIL

#: Number of `next` among the library functions.
FFID_NEXT = 4
OP_JMP, OP_ITERC, OP_ITERN, OP_JLOOP = int(BC.JMP), int(BC.ITERC), int(BC.ITERN), int(BC.JLOOP)


@handler(BC.ITERC)
def iterc(vm: Interp, ra: u64, rd: u64) -> Next:
    fn = vm.base + ra
    value = (fn - 3).sbits
    fn.sbits = value
    (fn + 1).bits = addr(vm.pc)
    (fn + 2).bits = (fn - 2).bits
    (fn + 3).bits = (fn - 1).bits
    if unlikely(not is_function(value)):
        return vm.tail(vm_call_value, addr(fn + 2), 3)
    vm.base = fn + 2
    pc = func_in(value).pc
    ins = pc[0]
    vm.pc = pc + 1
    return vm.tail_ptr(vm.g.dispatch[ins & 0xFF], ins >> 8 & 0xFF, 3)


@handler(BC.ITERN)
def itern(vm: Interp, ra: u64, rd: u64) -> Next:
    """Counts like a loop, and steps over its ITERL."""
    if unlikely(is_hot(vm)):
        return vm.tail(vm_hotloop, ra, rd)
    return vm.tail(vm_itern, ra, rd)


@handler()
def vm_itern(vm: Interp, ra: u64, rd: u64) -> Next:
    """ITERN without counting."""
    key = vm.base + ra
    state = (key - 2).sbits
    if unlikely(state >> TAG_SHIFT != TAG_TAB):  # By debug.setlocal, or not compiled.
        return vm.tail(vm_error, ERR_BADTYPE, ra)
    t = table_in(state)
    index = (key - 1).lo
    asize = t.asize
    array = t.array
    while index < asize:
        value = (array + index).bits
        if value != NIL:
            key.num = f64(i32(index))
            (key + 1).bits = value
            (key - 1).lo = index + 1
            vm.pc = vm.pc + (i64(Ptr[u16](addr(vm.pc))[1]) - (JUMP_BIAS - 1))
            return vm.next()
        index = index + 1
    index = index - asize
    while index <= t.hmask:
        n = t.node + index
        if n.val.bits != NIL:
            key.bits = n.key.bits
            (key + 1).bits = n.val.bits
            (key - 1).lo = index + asize + 1
            vm.pc = vm.pc + (i64(Ptr[u16](addr(vm.pc))[1]) - (JUMP_BIAS - 1))
            return vm.next()
        index = index + 1
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISNEXT)
def isnext(vm: Interp, ra: u64, rd: u64) -> Next:
    """Before the first iteration: is it `next` over a table?  If not, the loop becomes an ordinary one."""
    key = vm.base + ra
    fn = (key - 3).sbits
    itern_pc = vm.pc + jump_distance(rd)
    if is_function(fn) and (key - 2).sbits >> TAG_SHIFT == TAG_TAB and (key - 1).bits == NIL:
        if func_in(fn).ffid == FFID_NEXT:
            vm.pc = itern_pc
            (key - 1).bits = u64(KEYINDEX_HI) << 32
            return vm.next()
    Ptr[u8](addr(vm.pc - 1))[0] = OP_JMP
    if itern_pc[0] & 0xFF == OP_ITERN:
        Ptr[u8](addr(itern_pc))[0] = OP_ITERC
    else:
        # A compiled loop: the trace keeps the bytecode that it replaced.
        original = vm.g.traces[itern_pc[0] >> 16].startins
        itern_pc[0] = original & ~u32(0xFF) | OP_ITERC
    vm.pc = itern_pc
    return vm.next()
