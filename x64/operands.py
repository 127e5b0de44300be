"""Operands as the assembler sees them: a register, an immediate, or memory."""

from __future__ import annotations

from ir.record import dataclass
from x64.regs import Reg


@dataclass(frozen=True, slots=True)
class Imm:
    """An immediate; sign-extended when the operation is wider."""

    value: int


@dataclass(frozen=True, slots=True)
class Mem:
    """[base + index*scale + disp], or, with `pool`, 8 bytes of constant data beside the code."""

    base: Reg | None = None
    index: Reg | None = None
    scale: int = 1
    disp: int = 0
    pool: int | None = None


Operand = Reg | Imm | Mem
RegMem = Reg | Mem


def fits32(value: int) -> bool:
    """Whether a sign-extended 32-bit immediate holds the value."""
    return -0x80000000 <= value <= 0x7FFFFFFF


def fits8(value: int) -> bool:
    return -0x80 <= value <= 0x7F


def signed(value: int, bits: int) -> int:
    """The low `bits` of value, read as a signed number."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def slot_of(index: int, base: int = 0) -> Mem:
    """The memory operand of a spill slot."""
    return Mem(Reg.rsp, disp=base + 8 * index)
