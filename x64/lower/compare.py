"""Comparisons: computed at a branch, or as a value 0 or 1.

On integers LT GE LE GT are signed for signed types and unsigned for U32, U64 and pointers; ULT ... are always
unsigned.  On doubles what a comparison says about NaN is part of its name: LT GE LE GT are false, ULT UGE ULE
UGT are true, so UGE is the exact opposite of LT.

    op        doubles      a < b   a = b   a > b   NaN
    LT  ULT                  1       0       0    0  1
    GE  UGE                  0       1       1    0  1
    LE  ULE                  1       1       0    0  1
    GT  UGT                  0       0       1    0  1
    EQ                       0       1       0    0
    NE                       1       0       1    1

ucomisd sets CF for "below or unordered": the ordered forms test A and AE, with operands swapped for LT and
LE, the unordered ones B and BE.  EQ and NE also look at the parity flag.
"""

from __future__ import annotations

from ir.ops import COMPARISONS, Op
from ir.types import IRType
from ir.values import Ins
from x64.asm import Label
from x64.encodings import Alu, Cond, Sse
from x64.fuse import immediate_of, num_memory_side
from x64.lower.registry import Lowering, Rule, lower
from x64.operands import Imm, Mem, Operand
from x64.regs import GPRS, Reg, is_xmm, width_of
from x64.wants import Alive, In, Out, Ri, Rm, Rmi, Temp, Want

SIGNED = {
    Op.LT: Cond.L, Op.GE: Cond.GE, Op.LE: Cond.LE, Op.GT: Cond.G, Op.EQ: Cond.E, Op.NE: Cond.NE,
    Op.ULT: Cond.B, Op.UGE: Cond.AE, Op.ULE: Cond.BE, Op.UGT: Cond.A,
}  # fmt: skip
UNSIGNED = SIGNED | {Op.LT: Cond.B, Op.GE: Cond.AE, Op.LE: Cond.BE, Op.GT: Cond.A}
ON_NUM = {
    Op.LT: Cond.A, Op.LE: Cond.AE, Op.GT: Cond.A, Op.GE: Cond.AE,
    Op.ULT: Cond.B, Op.ULE: Cond.BE, Op.UGT: Cond.B, Op.UGE: Cond.BE,
}  # fmt: skip
#: The same relation with operands exchanged.
MIRROR = {
    Op.LT: Op.GT, Op.GT: Op.LT, Op.LE: Op.GE, Op.GE: Op.LE, Op.EQ: Op.EQ, Op.NE: Op.NE,
    Op.ULT: Op.UGT, Op.UGT: Op.ULT, Op.ULE: Op.UGE, Op.UGE: Op.ULE,
}  # fmt: skip
ZERO_TESTS = frozenset((Op.EQ, Op.NE))
assert set(MIRROR) == COMPARISONS == set(SIGNED)


def operand_type(ins: Ins) -> IRType:
    """What is compared: the type of whichever operand is not a constant."""
    left, right = ins.args[:2]
    type_: IRType = right.type if left.is_const and not right.is_const else left.type
    return type_


class Comparison:
    """How to compute one comparison: wants to yield first, then code to set the flags."""

    def __init__(self, lo: Lowering, ins: Ins) -> None:
        self.lo = lo
        left, right = ins.args[:2]
        op, fused = ins.op, lo.selection.fused
        self.type = operand_type(ins)
        self.signed = (ins.type if ins.type.is_integer else self.type).is_signed
        self.number = is_xmm(left)
        self.bits = False  # Whether the operands are those of `test`.
        self.narrow = False  # Whether only the low half of the left operand counts.
        if self.number:
            in_memory = left in fused or (left.is_const and right not in fused)
            if num_memory_side(op) == 0 or (op in ZERO_TESTS and in_memory):
                left, right, op = right, left, MIRROR[op]
            self.wants: tuple[Want, ...] = (In(left), Rm(right))
        else:
            if left.is_const or (right in fused and left.is_const):
                left, right, op = right, left, MIRROR[op]
            self.wants = self._integer_wants(left, right)
        self.op, self.left, self.right = op, left, right

    def _integer_wants(self, left: Ins, right: Ins) -> tuple[Want, ...]:
        if left in self.lo.selection.tests:
            self.bits, word = True, left.args[0]
            self.type = word.type if word in self.lo.selection.fused else left.type
            return (Rm(word) if word in self.lo.selection.fused else In(word), Ri(left.args[1]))
        if left in self.lo.selection.narrow:
            self.narrow = True
            return (In(left.args[0]), Ri(right))
        if right in self.lo.selection.fused:
            return (Ri(left), Rm(right)) if not left.is_const else (In(left), Rm(right))
        if immediate_of(right) is not None:
            return (Rm(left), Ri(right))
        if left in self.lo.selection.fused:
            return (Rm(left), Ri(right))
        return (In(left), Rmi(right))

    def conditions(self) -> list[tuple[Cond, bool]]:
        """Jumps to make, in order: (condition, whether it means the comparison holds).  Else the opposite."""
        if self.number:
            match self.op:
                case Op.EQ:
                    return [(Cond.P, False), (Cond.E, True)]
                case Op.NE:
                    return [(Cond.P, True), (Cond.NE, True)]
                case op:
                    return [(ON_NUM[op], True)]
        return [((SIGNED if self.signed else UNSIGNED)[self.op], True)]

    def emit(self, left: Operand, right: Operand) -> None:
        asm = self.lo.asm
        if self.number:
            assert isinstance(left, Reg) and isinstance(right, (Reg, Mem))
            asm.sse(Sse.UCOMISD, left, right)
            return
        if self.bits:
            assert isinstance(left, (Reg, Mem)) and isinstance(right, (Reg, Imm))
            asm.test(*narrowed(width_of(self.type), left, right), right)
            return
        width = 8 if self.type is IRType.U8 and isinstance(left, Mem) else width_of(self.type)
        width = 16 if self.narrow else width
        if isinstance(right, Imm) and right.value == 0 and isinstance(left, Reg):
            asm.test(width, left, left)
        else:
            assert isinstance(left, (Reg, Mem))
            asm.alu(Alu.CMP, width, left, right)


def narrowed(width: int, left: Reg | Mem, right: Reg | Imm) -> tuple[int, Reg | Mem]:
    """`test` of bits that stand in one byte looks only at that byte."""
    if isinstance(right, Imm) and 0 <= right.value <= 0x7F:
        return 8, left
    return width, left


@lower(*sorted(COMPARISONS))
def compare(lo: Lowering, ins: Ins) -> Rule:
    return guard(lo, ins) if ins.guard else outcome(lo, ins)


def outcome(lo: Lowering, ins: Ins) -> Rule:
    """0 or 1 in a register."""
    comparison = Comparison(lo, ins)
    conditions = comparison.conditions()
    if len(conditions) == 1:
        dst, left, right = yield Out(), *comparison.wants
        comparison.emit(left, right)
        lo.asm.setcc(conditions[0][0], dst)
    else:
        dst, other, left, right = yield Out(), Temp(GPRS), *comparison.wants
        comparison.emit(left, right)
        equal = comparison.op is Op.EQ
        lo.asm.setcc(Cond.NP if equal else Cond.P, other)
        lo.asm.setcc(Cond.E if equal else Cond.NE, dst)
        lo.asm.alu(Alu.AND if equal else Alu.OR, 32, dst, other)
    lo.asm.extend(IRType.U8, dst, dst)


def guard(lo: Lowering, ins: Ins) -> Rule:
    """Leave the trace unless it holds."""
    comparison = Comparison(lo, ins)
    left, right, _ = yield *comparison.wants, Alive(ins.args[2].alive())
    comparison.emit(left, right)
    leave_unless(lo, comparison.conditions(), lo.exit_symbol(ins.args[2]))


def leave_unless(lo: Lowering, conditions: list[tuple[Cond, bool]], symbol: str) -> None:
    """Jump to an exit unless the conditions, tried in order, say that the guard holds."""
    *first, (last, last_holds) = conditions
    holds = Label() if first else None
    for cond, means in first:
        if means and holds is not None:
            lo.asm.jump(cond, holds)
        else:
            lo.asm.jump_symbol(symbol, cond)
    lo.asm.jump_symbol(symbol, last.inverse if last_holds else last)
    if holds is not None:
        lo.asm.label(holds)


@lower(Op.BR)
def branch(lo: Lowering, ins: Ins) -> Rule:
    """Sets the flags; the jumps are the layout's, which knows what stands next."""
    condition = ins.args[0]
    if condition in lo.selection.branches:
        yield from branch_on_comparison(lo, condition)
    else:
        (value,) = yield (In(condition),)
        lo.asm.test(32 if condition.op in COMPARISONS else width_of(condition.type), value, value)
        lo.branch = [(Cond.NE, True)]


def branch_on_comparison(lo: Lowering, condition: Ins) -> Rule:
    comparison = Comparison(lo, condition)
    left, right = yield comparison.wants
    comparison.emit(left, right)
    lo.branch = comparison.conditions()
