"""Comparisons and tests.  Each is followed by the JMP it takes when the condition holds.

A handler sees PC at that JMP: `take` follows it, `skip` steps over it.

Ordered tests on NaN: ISLT and ISLE are "less", ISGE and ISGT are "not less", so a NaN takes the latter.
"""

from __future__ import annotations

from ir.objects import TValue
from ir.types import TAG_SHIFT, TAG_TAB, TAG_UDATA
from jitvm.front.bytecode import BC
from jitvm.interp.checks import slow_type
from jitvm.interp.frames import knum, number, take
from jitvm.interp.meta import slow_equal, slow_order
from jitvm.native import Interp, Next, Ptr, handler, i32, i64, inline, u32, u64, unlikely
from jitvm.runtime.value import STR_BITS, TRUTH_LIMIT

assert TAG_TAB == TAG_UDATA + 1


@inline
def pri_bits(d: u64) -> u64:
    """The slot of a primitive operand: 0 nil, 1 false, 2 true."""
    return ~(d << TAG_SHIFT)


@inline
def may_be_equal(tv: Ptr[TValue]) -> bool:
    """A table or userdata: one that is not identical may be equal by __eq."""
    return u32(i32(tv.sbits >> TAG_SHIFT) - TAG_UDATA) <= 1


@inline
def jump_if(vm: Interp, holds: bool) -> Next:
    """Take the jump that follows, or step over it."""
    if holds:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


# Order.


@handler(BC.ISLT)
def islt(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    return jump_if(vm, a.num < d.num)


@handler(BC.ISGE)
def isge(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    return jump_if(vm, not a.num < d.num)


@handler(BC.ISLE)
def isle(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    return jump_if(vm, a.num <= d.num)


@handler(BC.ISGT)
def isgt(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    return jump_if(vm, not a.num <= d.num)

# Equality.


@handler(BC.ISEQV)
def iseqv(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if number(a) and number(d):
        if a.num == d.num:
            vm.pc = take(vm.pc)
            return vm.next()
        vm.pc = vm.pc + 1
        return vm.next()
    if a.bits == d.bits:
        vm.pc = take(vm.pc)
        return vm.next()
    if unlikely(may_be_equal(a)):
        return vm.tail(slow_equal, ra, rd)
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISNEV)
def isnev(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if number(a) and number(d):
        if a.num != d.num:
            vm.pc = take(vm.pc)
            return vm.next()
        vm.pc = vm.pc + 1
        return vm.next()
    if a.bits != d.bits:
        if unlikely(may_be_equal(a)):
            return vm.tail(slow_equal, ra, rd)
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISEQS)
def iseqs(vm: Interp, ra: u64, rd: u64) -> Next:
    return jump_if(vm, (vm.base + ra).bits == vm.kbase[-1 - i64(rd)] | STR_BITS)


@handler(BC.ISNES)
def isnes(vm: Interp, ra: u64, rd: u64) -> Next:
    return jump_if(vm, (vm.base + ra).bits != vm.kbase[-1 - i64(rd)] | STR_BITS)


@handler(BC.ISEQN)
def iseqn(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    return jump_if(vm, number(a) and a.num == knum(vm, rd))


@handler(BC.ISNEN)
def isnen(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    return jump_if(vm, not number(a) or a.num != knum(vm, rd))


@handler(BC.ISEQP)
def iseqp(vm: Interp, ra: u64, rd: u64) -> Next:
    return jump_if(vm, (vm.base + ra).bits == pri_bits(rd))


@handler(BC.ISNEP)
def isnep(vm: Interp, ra: u64, rd: u64) -> Next:
    return jump_if(vm, (vm.base + ra).bits != pri_bits(rd))

# Truth.


@handler(BC.ISTC)
def istc(vm: Interp, ra: u64, rd: u64) -> Next:
    d = (vm.base + rd).bits
    if d < TRUTH_LIMIT:
        (vm.base + ra).bits = d
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISFC)
def isfc(vm: Interp, ra: u64, rd: u64) -> Next:
    d = (vm.base + rd).bits
    if d >= TRUTH_LIMIT:
        (vm.base + ra).bits = d
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.IST)
def ist(vm: Interp, ra: u64, rd: u64) -> Next:
    return jump_if(vm, (vm.base + rd).bits < TRUTH_LIMIT)


@handler(BC.ISF)
def isf(vm: Interp, ra: u64, rd: u64) -> Next:
    return jump_if(vm, (vm.base + rd).bits >= TRUTH_LIMIT)


@handler(BC.ISTYPE)
def istype(vm: Interp, ra: u64, rd: u64) -> Next:
    """A must have the tag -D (D is the tag's complement plus one)."""
    if unlikely((vm.base + ra).sbits >> TAG_SHIFT != -i64(rd)):
        return vm.tail(slow_type, ra, rd)
    return vm.next()


@handler(BC.ISNUM)
def isnum(vm: Interp, ra: u64, rd: u64) -> Next:
    if unlikely(not number(vm.base + ra)):
        return vm.tail(slow_type, ra, rd)
    return vm.next()
