"""Machine code of the allocator's steps: moves between places, constants into places."""

from __future__ import annotations

from ir.types import IRType
from x64.asm import Assembler
from x64.fuse import bits_of
from x64.moves import Move, Park, Place, Slot, Swap, Unpark
from x64.operands import Imm, Mem, fits32, signed, slot_of
from x64.regs import Reg
from x64.trail import Fill, Step


def emit_step(asm: Assembler, step: Step, slot_base: int) -> None:
    """One step; slots are relative to rsp + slot_base."""
    match step:
        case Move(dst, src):
            move(asm, dst, src, slot_base)
        case Swap(left, right):
            asm.exchange(left, right)
        case Fill(dst, value):
            fill(asm, dst, bits_of(value), slot_base)
        case Park(src):
            asm.lea(64, Reg.rsp, Mem(Reg.rsp, disp=-8))
            if isinstance(src, Reg):
                asm.spill(Mem(Reg.rsp), src)
            else:
                asm.copy_memory(Mem(Reg.rsp), slot_of(src.index, slot_base + 8))
        case Unpark(dst):
            if isinstance(dst, Reg):
                asm.reload(dst, Mem(Reg.rsp))
            else:
                asm.copy_memory(slot_of(dst.index, slot_base + 8), Mem(Reg.rsp))
            asm.lea(64, Reg.rsp, Mem(Reg.rsp, disp=8))


def emit_steps(asm: Assembler, steps: list[Step], slot_base: int) -> None:
    """A sequence of steps; between Park and Unpark the stack pointer is 8 lower."""
    parked = 0
    for step in steps:
        if isinstance(step, Unpark):
            parked = 0
        emit_step(asm, step, slot_base + parked)
        if isinstance(step, Park):
            parked = 8


def move(asm: Assembler, dst: Place, src: Place, slot_base: int) -> None:
    match dst, src:
        case Reg(), Reg():
            asm.move(64, dst, src)
        case Reg(), Slot(index):
            asm.reload(dst, slot_of(index, slot_base))
        case Slot(index), Reg():
            asm.spill(slot_of(index, slot_base), src)
        case Slot(index), Slot(other):
            asm.copy_memory(slot_of(index, slot_base), slot_of(other, slot_base))


def fill(asm: Assembler, dst: Place, bits: int, slot_base: int) -> None:
    """A 64-bit pattern into a place."""
    if isinstance(dst, Reg):
        asm.constant(dst, bits)
    elif fits32(signed(bits, 64)):
        asm.store(IRType.I64, slot_of(dst.index, slot_base), Imm(signed(bits, 64)))
    else:
        slot = slot_of(dst.index, slot_base)
        asm.store(IRType.U32, slot, Imm(bits))
        asm.store(IRType.U32, Mem(slot.base, disp=slot.disp + 4), Imm(bits >> 32))
