"""Algebra and reassociation of integers and bit operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.fold.engine import fold
from ir.fold.evaluate import int64_arith, int_arith
from ir.ops import Op
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder


def integer(b: TraceBuilder, type_: IRType, value: int) -> Ins:
    """Constant of the width of a type."""
    return b.kint64(value) if type_.size == 8 else b.kint(value)


def constant(ins: Ins) -> int | None:
    """Value of an integer constant."""
    return ins.args[0] if ins.op is Op.KINT or ins.op is Op.KINT64 else None


# Identities with a constant.


@fold("ADD any KINT", "ADDOV any KINT", "SUBOV any KINT", "ADD any KINT64")
def simplify_intadd_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i o 0  =>  i"""
    return left if right.args[0] == 0 else None


@fold("MULOV any KINT")
def simplify_intmulov_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i * 0 => 0;  i * 1 => i;  i * 2 => i + i"""
    k = right.args[0]
    if k == 0:
        return right
    if k == 1:
        return left
    return b.emit(Op.ADDOV, ins.type, left, left, guard=ins.guard) if k == 2 else None


@fold("SUB any KINT", "SUB any KINT64")
def simplify_intsub_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """i - 0 => i;  i - k => i + (-k)"""
    k = right.args[0]
    if k == 0:
        return left
    return b.emit(Op.ADD, ins.type, left, b.kint(-k) if right.op is Op.KINT else b.kint64(-k))


@fold("SUB KINT any", "SUB KINT64 any")
def simplify_intsub_kleft(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """0 - i  =>  -i; the second operand of NEG is not used for integers"""
    return b.emit(Op.NEG, ins.type, right, right) if left.args[0] == 0 else None


@fold("MUL any KINT", "MUL any KINT64")
def simplify_intmul_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i * 0 => 0;  i * 1 => i;  i * 2^k => i << k"""
    k = right.args[0]
    if not 0 <= k < 1 << 31:
        return None
    if k == 0:
        return right
    if k == 1:
        return left
    return b.emit(Op.BSHL, ins.type, left, b.kint(k.bit_length() - 1)) if k & k - 1 == 0 else None


@fold("MOD any KINT")
def simplify_intmod_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i % 2^k  =>  i & (2^k - 1)"""
    k = right.args[0]
    return b.emit(Op.BAND, ins.type, left, b.kint(k - 1)) if k > 0 and k & k - 1 == 0 else None


@fold("MOD KINT any")
def simplify_intmod_kleft(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """0 % i  =>  0"""
    return left if left.args[0] == 0 else None


@fold("BAND any KINT", "BAND any KINT64")
def simplify_band_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i & 0 => 0;  i & -1 => i"""
    k = right.args[0]
    if k == 0:
        return right
    return left if k == -1 else None


@fold("BOR any KINT", "BOR any KINT64")
def simplify_bor_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i | 0 => i;  i | -1 => -1"""
    k = right.args[0]
    if k == 0:
        return left
    return right if k == -1 else None


@fold("BXOR any KINT", "BXOR any KINT64")
def simplify_bxor_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i xor 0 => i;  i xor -1 => ~i"""
    k = right.args[0]
    if k == 0:
        return left
    return b.emit(Op.BNOT, ins.type, left) if k == -1 else None


# Cancellation.


@fold("SUB any any", "SUBOV any any")
def simplify_intsub(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i - i  =>  0"""
    if left is right and ins.type is not IRType.NUM:
        return integer(b, ins.type, 0)
    return None


@fold("SUB ADD any")
def simplify_intsubadd_leftcancel(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i + j) - i => j;  (i + j) - j => i"""
    if ins.type is IRType.NUM or left.phi:
        return None
    i: Ins
    j: Ins
    i, j = left.args
    if right is i:
        return j
    return i if right is j else None


@fold("SUB SUB any")
def simplify_intsubsub_leftcancel(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i - j) - i  =>  0 - j"""
    if ins.type is IRType.NUM or left.phi or right is not left.args[0]:
        return None
    return b.emit(Op.SUB, ins.type, b.kint(0), left.args[1])


@fold("SUB any SUB")
def simplify_intsubsub_rightcancel(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i - (i - j)  =>  j"""
    if ins.type is IRType.NUM or right.phi or left is not right.args[0]:
        return None
    j: Ins = right.args[1]
    return j


@fold("SUB any ADD")
def simplify_intsubadd_rightcancel(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i - (i + j) => 0 - j;  i - (j + i) => 0 - j"""
    if ins.type is IRType.NUM or right.phi:
        return None
    i, j = right.args
    if left is i:
        return b.emit(Op.SUB, ins.type, b.kint(0), j)
    return b.emit(Op.SUB, ins.type, b.kint(0), i) if left is j else None


@fold("SUB ADD ADD")
def simplify_intsubaddadd_cancel(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i + j1) - (i + j2)  =>  j1 - j2, in any order of the sums"""
    if ins.type is IRType.NUM or left.phi or right.phi:
        return None
    a, c = left.args
    for common, rest in ((a, c), (c, a)):
        if common is right.args[0]:
            return b.emit(Op.SUB, ins.type, rest, right.args[1])
        if common is right.args[1]:
            return b.emit(Op.SUB, ins.type, rest, right.args[0])
    return None


# Shifts and masks.


@fold("BSHL any KINT", "BSHR any KINT", "BSAR any KINT", "BROL any KINT", "BROR any KINT")
def simplify_shift_ik(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i o 0 => i;  i << 1 => i + i;  i o k => i o (k & mask);  ror(i, k) => rol(i, -k)"""
    mask = 8 * ins.type.size - 1
    k = right.args[0] & mask
    if k == 0:
        return left
    if k == 1 and ins.op is Op.BSHL:
        return b.emit(Op.ADD, ins.type, left, left)
    if k != right.args[0]:
        return b.emit(ins.op, ins.type, left, b.kint(k))
    return b.emit(Op.BROL, ins.type, left, b.kint(-k & mask)) if ins.op is Op.BROR else None


@fold("BSHL any BAND", "BSHR any BAND", "BSAR any BAND", "BROL any BAND", "BROR any BAND")
def simplify_shift_andk(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i o (j & mask)  =>  i o j; shifts mask their count"""
    mask = 8 * ins.type.size - 1
    k = right.args[1]
    if right.phi or k.op is not Op.KINT or k.args[0] & mask != mask:
        return None
    return b.emit(ins.op, ins.type, left, right.args[0])


@fold("BSHL KINT any", "BSHR KINT any", "BSHL KINT64 any", "BSHR KINT64 any")
def simplify_shift1_ki(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """0 o i  =>  0"""
    return left if left.args[0] == 0 else None


@fold(*[f"{op} {k} any" for op in ("BSAR", "BROL", "BROR") for k in ("KINT", "KINT64")])
def simplify_shift2_ki(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """0 o i => 0;  -1 o i => -1"""
    return left if left.args[0] in (0, -1) else None


@fold("BSHL BAND KINT", "BSHR BAND KINT", "BROL BAND KINT", "BROR BAND KINT")
def simplify_shiftk_andk(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i & k1) o k2  =>  (i o k2) & (k1 o k2)"""
    i, k = left.args
    if left.phi or k.op not in (Op.KINT, Op.KINT64):
        return None
    if k.op is Op.KINT:
        mask = b.kint(int_arith(ins.op, k.args[0], right.args[0]))
    else:
        mask = b.kint64(int64_arith(ins.op, k.args[0], right.args[0]))
    return b.emit(Op.BAND, left.type, b.emit(ins.op, ins.type, i, right), mask)


@fold("BAND BSHL KINT", "BAND BSHR KINT")
def simplify_andk_shiftk(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i o k1) & k2  =>  i o k1, if k2 keeps every bit that the shift leaves"""
    k = left.args[1]
    if k.op is Op.KINT and int_arith(left.op, -1, k.args[0]) == right.args[0]:
        return left
    return None


@fold("BAND BOR KINT", "BOR BAND KINT", "BAND BOR KINT64", "BOR BAND KINT64")
def simplify_andor_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i | k1) & k2 => i & k2, if k1 & k2 == 0;  (i & k1) | k2 => i | k2, if k1 | k2 == -1"""
    i, k = left.args
    if left.phi or k.op is not right.op:
        return None
    if int64_arith(ins.op, k.args[0], right.args[0]) != (0 if ins.op is Op.BAND else -1):
        return None
    return b.emit(ins.op, ins.type, i, right)


# Reassociation.


@fold(*[f"{op} {op} {k}" for op in ["ADD", "MUL", "BAND", "BOR", "BXOR"] for k in ("KINT", "KINT64")])
def reassoc_intarith_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i o k1) o k2  =>  i o (k1 o k2)"""
    i, k = left.args
    if k.op is not right.op:
        return None
    if k.op is Op.KINT:
        value = int_arith(ins.op, k.args[0], right.args[0])
        if value == k.args[0]:
            return left
        return None if left.phi else b.emit(ins.op, ins.type, i, b.kint(value))
    value = int64_arith(ins.op, k.args[0], right.args[0])
    return None if left.phi else b.emit(ins.op, ins.type, i, b.kint64(value))


@fold("BAND BAND any", "BOR BOR any")
def reassoc_dup(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(a o b) o a => a o b;  (a o b) o b => a o b"""
    return left if right is left.args[0] or right is left.args[1] else None


@fold("MIN MIN any", "MAX MAX any")
def reassoc_dup_minmax(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(a o b) o b  =>  a o b"""
    return left if right is left.args[1] else None


@fold("BXOR BXOR any")
def reassoc_bxor(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(a xor b) xor a => b;  (a xor b) xor b => a"""
    if left.phi:
        return None
    x: Ins
    y: Ins
    x, y = left.args
    if right is x:
        return y
    return x if right is y else None


@fold("BSHL BSHL KINT", "BSHR BSHR KINT", "BSAR BSAR KINT", "BROL BROL KINT", "BROR BROR KINT")
def reassoc_shift(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i o k1) o k2  =>  i o (k1 + k2)"""
    i, first = left.args
    if left.phi or first.op is not Op.KINT:
        return None
    mask = 8 * ins.type.size - 1
    k = (first.args[0] & mask) + (right.args[0] & mask)
    if k > mask:
        if ins.op in (Op.BSHL, Op.BSHR):
            return integer(b, ins.type, 0)
        k = mask if ins.op is Op.BSAR else k & mask
    return b.emit(ins.op, ins.type, i, b.kint(k))


@fold("MIN MIN KINT", "MAX MAX KINT")
def reassoc_minmax_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(i o k1) o k2  =>  i o (k1 o k2)"""
    i, k = left.args
    if k.op is not Op.KINT:
        return None
    value = int_arith(ins.op, k.args[0], right.args[0])
    if value == k.args[0]:
        return left
    return None if left.phi else b.emit(ins.op, ins.type, i, b.kint(value))
