"""What only traces have: arithmetic that leaves on overflow, and the link to other code at the end.

Guarded comparisons stand with the other comparisons.
"""

from __future__ import annotations

from ir.ops import Op
from ir.values import Ins
from x64.encodings import Alu, Cond
from x64.fuse import immediate_of
from x64.lower.arith import commuted
from x64.lower.registry import Lowering, Rule, lower
from x64.operands import Imm, Mem
from x64.regs import PINNED_BASE, PINNED_PC, Reg, mask
from x64.wants import Alive, EarlyOut, In, InOut, Rm, Rmi

OVERFLOWING = {Op.ADDOV: Alu.ADD, Op.SUBOV: Alu.SUB}


@lower(Op.ADDOV, Op.SUBOV)
def add_or_leave(lo: Lowering, ins: Ins) -> Rule:
    left, right, exit_ = ins.args
    if ins.op is Op.ADDOV:
        left, right = commuted(lo, ins)
    dst, src, _ = yield InOut(left), Rmi(right), Alive(exit_.alive())
    lo.asm.alu(OVERFLOWING[ins.op], 32, dst, src)
    lo.asm.jump_symbol(lo.exit_symbol(exit_), Cond.O)


@lower(Op.MULOV)
def multiply_or_leave(lo: Lowering, ins: Ins) -> Rule:
    left, right, exit_ = ins.args
    if left.is_const or left in lo.selection.fused:
        left, right = right, left
    number = immediate_of(right)
    if number is not None:
        dst, src, _ = yield EarlyOut(), In(left), Alive(exit_.alive())
        assert isinstance(src, (Reg, Mem)) and not isinstance(src, Imm)
        lo.asm.imul_const(32, dst, src, number)
    else:
        dst, src, _ = yield InOut(left), Rm(right), Alive(exit_.alive())
        lo.asm.imul(32, dst, src)
    lo.asm.jump_symbol(lo.exit_symbol(exit_), Cond.O)


@lower(Op.POLL)
def poll(lo: Lowering, ins: Ins) -> Rule:
    """No code: the exit of whoever comes along the back edge (`x64/diversion.py`)."""
    (exit_,) = ins.args
    yield (Alive(exit_.alive()),)
    lo.poll = lo.exit_symbol(exit_)


@lower(Op.LINK)
def link(lo: Lowering, ins: Ins) -> Rule:
    """Jump to machine code by name, BASE (and PC, for the interpreter) in place."""
    name, *values = ins.args
    yield tuple(In(value, mask(reg)) for value, reg in zip(values, (PINNED_BASE, PINNED_PC)))
    lo.asm.jump_symbol(name)
