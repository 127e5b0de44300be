"""Loops and jumps, with their hot counters.

Each loop bytecode has three forms: FORL counts towards recording, IFORL does not (blacklisted, or the JIT is
off), JFORL enters the trace whose number is its D.  A counter that would go below zero makes the upcall,
after which the bytecode runs through the plain table: recording, if it begins, begins with the next one.
"""

from __future__ import annotations

from ir.objects import VM, TValue
from jitvm.front.bytecode import BC
from jitvm.interp.enter import jloop
from jitvm.interp.frames import hot_counter, jump_distance, number, sync
from jitvm.interp.throw import vm_error, vm_unwind
from jitvm.native import Interp, Next, Ptr, addr, handler, inline, likely, native, u64, unlikely
from jitvm.runtime.errcodes import ERR_FOR_INIT, ERR_FOR_LIMIT, ERR_FOR_STEP
from jitvm.runtime.number import str_tonum
from jitvm.runtime.upcalls import UPCALL_HOTLOOP
from jitvm.runtime.value import NIL, is_str, str_of

#: What an iteration takes off the counter; a call takes 1.
HOT_LOOP = 2
#: Slots of a numeric loop: index, limit, step, and the copy that the program sees.
LIMIT, STEP, VISIBLE = 1, 2, 3


@inline
def is_hot(vm: Interp) -> bool:
    """Counts a round of the loop whose bytecode is before PC."""
    counter = hot_counter(vm.g, vm.pc)
    left = counter[0]
    counter[0] = left - HOT_LOOP
    return left < HOT_LOOP


@handler()
def vm_hotloop(vm: Interp, ra: u64, rd: u64) -> Next:
    """The loop bytecode before PC became hot."""
    g = vm.g
    thread = sync(g, vm.base)
    if unlikely(g.upcall(UPCALL_HOTLOOP, addr(thread), addr(vm.pc) - 4, u64(0)) < 0):
        return vm.tail(vm_unwind, 0, 0)
    return vm.plain((vm.pc - 1)[0])


# Numeric loops.


@native
def make_number(g: Ptr[VM], slot: Ptr[TValue]) -> bool:
    """A number, or made one."""
    return number(slot) or (is_str(slot) and str_tonum(g, str_of(slot), slot) != 0)


@handler(BC.FORI)
def fori(vm: Interp, ra: u64, rd: u64) -> Next:
    index = vm.base + ra
    limit = index + LIMIT
    step = index + STEP
    if unlikely(not number(index) or not number(limit) or not number(step)):
        return vm.tail(slow_for, ra, rd)
    x = index.num
    (index + VISIBLE).num = x
    if likely(step.ihi >= 0):
        if x <= limit.num:
            return vm.next()
    elif limit.num <= x:
        return vm.next()
    vm.pc = vm.pc + jump_distance(rd)
    return vm.next()


@handler(BC.JFORI)
def jfori(vm: Interp, ra: u64, rd: u64) -> Next:
    """The loop's JFORL stands before the exit; its D is the trace to enter."""
    index = vm.base + ra
    limit = index + LIMIT
    step = index + STEP
    if unlikely(not number(index) or not number(limit) or not number(step)):
        return vm.tail(slow_for, ra, rd)
    x = index.num
    (index + VISIBLE).num = x
    vm.pc = vm.pc + jump_distance(rd)
    enters = x <= limit.num if step.ihi >= 0 else limit.num <= x
    if enters:
        return vm.tail(jloop, ra, u64((vm.pc - 1)[0] >> 16))
    return vm.next()


@inline
def step_on(vm: Interp, ra: u64, rd: u64) -> Next:
    """The next round of a numeric loop, or what follows it."""
    index = vm.base + ra
    step = index + STEP
    x = index.num + step.num
    index.num = x
    (index + VISIBLE).num = x
    if likely(step.ihi >= 0):
        if likely(x <= (index + LIMIT).num):
            vm.pc = vm.pc + jump_distance(rd)
            return vm.next()
    elif (index + LIMIT).num <= x:
        vm.pc = vm.pc + jump_distance(rd)
        return vm.next()
    return vm.next()


@handler(BC.FORL)
def forl(vm: Interp, ra: u64, rd: u64) -> Next:
    if unlikely(is_hot(vm)):
        return vm.tail(vm_hotloop, ra, rd)
    return step_on(vm, ra, rd)


@handler(BC.IFORL)
def iforl(vm: Interp, ra: u64, rd: u64) -> Next:
    return step_on(vm, ra, rd)


@handler(BC.JFORL)
def jforl(vm: Interp, ra: u64, rd: u64) -> Next:
    index = vm.base + ra
    step = index + STEP
    x = index.num + step.num
    index.num = x
    (index + VISIBLE).num = x
    enters = x <= (index + LIMIT).num if step.ihi >= 0 else (index + LIMIT).num <= x
    if enters:
        return vm.tail(jloop, ra, rd)
    return vm.next()


@handler()
def slow_for(vm: Interp, ra: u64, rd: u64) -> Next:
    """Strings that are numbers will do as bounds."""
    g = vm.g
    index = vm.base + ra
    if not make_number(g, index):
        return vm.tail(vm_error, ERR_FOR_INIT, ra)
    if not make_number(g, index + LIMIT):
        return vm.tail(vm_error, ERR_FOR_LIMIT, ra)
    if not make_number(g, index + STEP):
        return vm.tail(vm_error, ERR_FOR_STEP, ra)
    return vm.plain((vm.pc - 1)[0])


# Generic loops: A is the control variable's visible copy; A-1 the hidden one.


@inline
def go_on(vm: Interp, ra: u64, rd: u64) -> Next:
    """The next round of a generic loop, unless the iterator has ended it."""
    control = vm.base + ra
    value = control.bits
    if likely(value != NIL):
        (control - 1).bits = value
        vm.pc = vm.pc + jump_distance(rd)
    return vm.next()


@handler(BC.ITERL)
def iterl(vm: Interp, ra: u64, rd: u64) -> Next:
    if unlikely(is_hot(vm)):
        return vm.tail(vm_hotloop, ra, rd)
    return go_on(vm, ra, rd)


@handler(BC.IITERL)
def iiterl(vm: Interp, ra: u64, rd: u64) -> Next:
    return go_on(vm, ra, rd)


@handler(BC.JITERL)
def jiterl(vm: Interp, ra: u64, rd: u64) -> Next:
    control = vm.base + ra
    value = control.bits
    if value == NIL:
        return vm.next()
    (control - 1).bits = value
    return vm.tail(jloop, ra, rd)


# Other loops: LOOP only counts, the jumps are bytecodes of their own.


@handler(BC.LOOP)
def loop(vm: Interp, ra: u64, rd: u64) -> Next:
    if unlikely(is_hot(vm)):
        return vm.tail(vm_hotloop, ra, rd)
    return vm.next()


@handler(BC.ILOOP)
def iloop(vm: Interp, ra: u64, rd: u64) -> Next:
    return vm.next()


@handler(BC.JMP)
def jmp(vm: Interp, ra: u64, rd: u64) -> Next:
    vm.pc = vm.pc + jump_distance(rd)
    return vm.next()
