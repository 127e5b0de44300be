"""Comparisons and tests.  Each is followed by the JMP it takes when the condition holds.

A handler sees PC at that JMP: `take` follows it, `skip` steps over it.

Ordered tests on NaN: ISLT and ISLE are "less", ISGE and ISGT are "not less", so a NaN takes the latter.
"""

from __future__ import annotations

from ir.types import TAG_SHIFT
from jitvm.front.bytecode import BC
from jitvm.interp.frames import JUMP_BIAS, knum, number
from jitvm.interp.throw import vm_error
from jitvm.native import Interp, Next, Ptr, addr, handler, i64, inline, u16, u32, u64, unlikely
from jitvm.runtime.errcodes import ERR_BADTYPE, ERR_COMPARE
from jitvm.runtime.string import str_cmp
from jitvm.runtime.value import STR_BITS, TRUTH_LIMIT, is_str, str_of

OP_ISLT, OP_ISGE, OP_ISLE, OP_ISGT = int(BC.ISLT), int(BC.ISGE), int(BC.ISLE), int(BC.ISGT)


@inline
def take(pc: Ptr[u32]) -> Ptr[u32]:
    """Where the JMP at `pc` leads."""
    return pc + (i64(Ptr[u16](addr(pc))[1]) - (JUMP_BIAS - 1))


@inline
def pri_bits(d: u64) -> u64:
    """The slot of a primitive operand: 0 nil, 1 false, 2 true."""
    return ~(d << TAG_SHIFT)


# Order.


@handler(BC.ISLT)
def islt(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    if a.num < d.num:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISGE)
def isge(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    if not a.num < d.num:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISLE)
def isle(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    if a.num <= d.num:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISGT)
def isgt(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not number(a) or not number(d)):
        return vm.tail(slow_order, ra, rd)
    if not a.num <= d.num:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()

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
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISEQS)
def iseqs(vm: Interp, ra: u64, rd: u64) -> Next:
    if (vm.base + ra).bits == vm.kbase[-1 - i64(rd)] | STR_BITS:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISNES)
def isnes(vm: Interp, ra: u64, rd: u64) -> Next:
    if (vm.base + ra).bits != vm.kbase[-1 - i64(rd)] | STR_BITS:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISEQN)
def iseqn(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    if number(a) and a.num == knum(vm, rd):
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISNEN)
def isnen(vm: Interp, ra: u64, rd: u64) -> Next:
    a = vm.base + ra
    if not number(a) or a.num != knum(vm, rd):
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISEQP)
def iseqp(vm: Interp, ra: u64, rd: u64) -> Next:
    if (vm.base + ra).bits == pri_bits(rd):
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISNEP)
def isnep(vm: Interp, ra: u64, rd: u64) -> Next:
    if (vm.base + ra).bits != pri_bits(rd):
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()

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
    if (vm.base + rd).bits < TRUTH_LIMIT:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISF)
def isf(vm: Interp, ra: u64, rd: u64) -> Next:
    if (vm.base + rd).bits >= TRUTH_LIMIT:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(BC.ISTYPE)
def istype(vm: Interp, ra: u64, rd: u64) -> Next:
    """A must have the tag -D (D is the tag's complement plus one)."""
    if unlikely((vm.base + ra).sbits >> TAG_SHIFT != -i64(rd)):
        return vm.tail(vm_error, ERR_BADTYPE, ra)
    return vm.next()


@handler(BC.ISNUM)
def isnum(vm: Interp, ra: u64, rd: u64) -> Next:
    if unlikely(not number(vm.base + ra)):
        return vm.tail(vm_error, ERR_BADTYPE, ra)
    return vm.next()


# Slow paths.


@handler()
def slow_order(vm: Interp, ra: u64, rd: u64) -> Next:
    """An order test of anything but two numbers: strings, or an error.  Metamethods belong here."""
    a = vm.base + ra
    d = vm.base + rd
    if unlikely(not is_str(a) or not is_str(d)):
        return vm.tail(vm_error, ERR_COMPARE, ra << 32 | rd)
    order = str_cmp(vm.g, str_of(a), str_of(d))
    op = (vm.pc - 1)[0] & 0xFF
    holds = order < 0
    if op == OP_ISGE:
        holds = order >= 0
    if op == OP_ISLE:
        holds = order <= 0
    if op == OP_ISGT:
        holds = order > 0
    if holds:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()
