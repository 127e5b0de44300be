"""Continuation frames: what goes on after a function that a bytecode, not a call, has called.

A metamethod is called with a frame below its own that says what its result is for:

    base-4        base-3          base-2  base-1            base ...
    [continuation | return address | function | distance|CONT ] [arguments]
    ^ above all slots of the running function

The continuation is a number of the dispatch table, so returning through it is one jump.  The return address
is behind the bytecode that made the call, as in any frame; its operands say where the result goes.

    RA      the result is the value of slot A                 arithmetic, reading, length
    CONDT   jump if the result is true                        ==, <, <=
    CONDF   jump if it is false                               ~=, not <, not <=
    NOP     there is no result                                writing
    CAT     the result is the last operand of what is left    concatenation
    STITCH  the code of a trace goes on (stitch.py)
"""

from __future__ import annotations

from ir.objects import TValue
from jitvm.interp.frames import kbase_at, take
from jitvm.interp.headers import Header
from jitvm.native import Interp, Next, Ptr, addr, handler, inline, u32, u64
from jitvm.runtime.links import CONT, below_other
from jitvm.runtime.value import NIL, TRUTH_LIMIT

#: Slots between the end of a frame and the base of a metamethod called from it.
CONT_SLOTS = 4
CONT_RA, CONT_CONDT, CONT_CONDF = int(Header.CONT_RA), int(Header.CONT_CONDT), int(Header.CONT_CONDF)
CONT_NOP, CONT_CAT = int(Header.CONT_NOP), int(Header.CONT_CAT)


@inline
def push_cont(base: Ptr[TValue], pc: Ptr[u32], top: Ptr[TValue], cont: u64, function: u64) -> Ptr[TValue]:
    """A continuation frame at `top`, and the frame of `function` above it; the base of the latter."""
    top.bits = cont
    (top + 1).bits = addr(pc)
    (top + 2).bits = function
    (top + 3).bits = (addr(top + CONT_SLOTS) - addr(base)) | CONT
    return top + CONT_SLOTS


@inline
def leave_cont(vm: Interp) -> None:
    """Back to the frame below a continuation."""
    pc = Ptr[u32]((vm.base - 3).bits)
    base = below_other(vm.base, (vm.base - 1).bits)
    vm.pc = pc
    vm.base = base
    vm.kbase = kbase_at(base)


@inline
def first_result(ra: u64, rd: u64) -> u64:
    """The first of `rd` - 1 results at address `ra`, as a slot."""
    return NIL if rd < 2 else Ptr[TValue](ra).bits


@handler(Header.CONT_RA)
def cont_ra(vm: Interp, ra: u64, rd: u64) -> Next:
    result = first_result(ra, rd)
    leave_cont(vm)
    (vm.base + ((vm.pc - 1)[0] >> 8 & 0xFF)).bits = result
    return vm.next()


@handler(Header.CONT_CONDT)
def cont_condt(vm: Interp, ra: u64, rd: u64) -> Next:
    result = first_result(ra, rd)
    leave_cont(vm)
    if result < TRUTH_LIMIT:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(Header.CONT_CONDF)
def cont_condf(vm: Interp, ra: u64, rd: u64) -> Next:
    result = first_result(ra, rd)
    leave_cont(vm)
    if result >= TRUTH_LIMIT:
        vm.pc = take(vm.pc)
        return vm.next()
    vm.pc = vm.pc + 1
    return vm.next()


@handler(Header.CONT_NOP)
def cont_nop(vm: Interp, ra: u64, rd: u64) -> Next:
    leave_cont(vm)
    return vm.next()
