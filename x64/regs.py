"""Registers, register sets and calling conventions.

A register is its hardware number: general registers are 0-15, XMM registers 16-31.  A set of registers is
an integer with bit `reg` set, so that the allocator's inner loops are mask operations:

    allowed = GPRS & ~bit(Reg.rcx)

Order matters where a choice is free (listings must not flicker): the `*_ORDER` tuples say which register is
tried first.
"""

from __future__ import annotations

from ir.enums import IntEnum
from ir.ops import COMPARISONS
from ir.types import IRType
from ir.values import Ins


class Reg(IntEnum):
    """A register by its hardware encoding; XMM registers are 16 up."""

    rax = 0
    rcx = 1
    rdx = 2
    rbx = 3
    rsp = 4
    rbp = 5
    rsi = 6
    rdi = 7
    r8 = 8
    r9 = 9
    r10 = 10
    r11 = 11
    r12 = 12
    r13 = 13
    r14 = 14
    r15 = 15
    xmm0 = 16
    xmm1 = 17
    xmm2 = 18
    xmm3 = 19
    xmm4 = 20
    xmm5 = 21
    xmm6 = 22
    xmm7 = 23
    xmm8 = 24
    xmm9 = 25
    xmm10 = 26
    xmm11 = 27
    xmm12 = 28
    xmm13 = 29
    xmm14 = 30
    xmm15 = 31


REGS = tuple(Reg)


def mask(*regs: Reg) -> int:
    """The set of these registers."""
    bits = 0
    for reg in regs:
        bits |= 1 << reg
    return bits


def members(bits: int) -> list[Reg]:
    """The registers of a set, lowest number first."""
    found = []
    while bits:
        low = bits & -bits
        found.append(REGS[low.bit_length() - 1])
        bits ^= low
    return found


GPRS = 0xFFFF & ~(1 << Reg.rsp)
XMMS = 0xFFFF0000
CALLEE_SAVED = mask(Reg.rbx, Reg.rbp, Reg.r12, Reg.r13, Reg.r14, Reg.r15)
CALLER_SAVED = (GPRS | XMMS) & ~CALLEE_SAVED
#: Registers whose second byte has a name (ah, ch, dh, bh).
HIGH_BYTE = mask(Reg.rax, Reg.rcx, Reg.rdx, Reg.rbx)
#: Registers usable beside a high-byte register: no REX prefix.
NO_REX = mask(Reg.rax, Reg.rcx, Reg.rdx, Reg.rbx, Reg.rbp, Reg.rsi, Reg.rdi)

ARG_GPRS = (Reg.rdi, Reg.rsi, Reg.rdx, Reg.rcx, Reg.r8, Reg.r9)
ARG_XMMS = tuple(REGS[16:24])

# Short encodings first; registers that have a fixed role in many rules (rcx, rdx) late.
SCRATCH_ORDER = (
    Reg.rax, Reg.rsi, Reg.rdi, Reg.rdx, Reg.rcx, Reg.r8, Reg.r9, Reg.r10, Reg.r11,
)  # fmt: skip
SAVED_ORDER = (Reg.rbp, Reg.rbx, Reg.r12, Reg.r13, Reg.r14, Reg.r15)
XMM_ORDER = tuple(REGS[16:32])
SCRATCH_FIRST = SCRATCH_ORDER + SAVED_ORDER + XMM_ORDER
SAVED_FIRST = SAVED_ORDER + SCRATCH_ORDER + XMM_ORDER
assert sorted(SCRATCH_FIRST) == [reg for reg in Reg if reg is not Reg.rsp]

# The interpreter's pinned state, in the order of a handler's parameters and of the operands of NEXT.
PINNED_BASE, PINNED_PC, PINNED_KBASE, PINNED_DISPATCH = Reg.rdx, Reg.rbx, Reg.r15, Reg.r14
HANDLER_A, HANDLER_D = Reg.rcx, Reg.rax
HANDLER_PARAMS = (PINNED_BASE, PINNED_PC, PINNED_KBASE, PINNED_DISPATCH, HANDLER_A, HANDLER_D)
#: Where the dispatch table stands, relative to DISPATCH.
DISPATCH_OFFSET = 0x78


_CLASSES = tuple(XMMS if type_.is_float else GPRS for type_ in IRType)


def class_of(value: Ins) -> int:
    """The set of registers a value may live in.  A comparison's type is that of its operands."""
    return GPRS if value.op in COMPARISONS else _CLASSES[value.type]


def is_xmm(value: Ins) -> bool:
    """Whether a value lives in an XMM register."""
    return value.type.is_float and value.op not in COMPARISONS


def width_of(type_: IRType) -> int:
    """Operand size in bits of integer instructions on a type."""
    return 64 if type_.size == 8 else 32
