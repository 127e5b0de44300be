"""Algebra of doubles.

Few identities hold.  Not among them: x + 0 => x (wrong for x = -0), 0 - x => -x (wrong for x = +0), and
x * 0 => 0 (wrong for negative x, infinities and NaN).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.fields import GG_NEG
from ir.fold.engine import fold
from ir.fold.evaluate import bits_double, double_bits
from ir.ops import CONV_SRC_MASK, FPM_TRUNC, Op
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder


def negate(b: TraceBuilder, value: Ins) -> Ins:
    """-x, with the mask operand the machine needs."""
    mask = b.emit(Op.FLOAD, IRType.NUM, b.trace.k_nil, GG_NEG)
    return b.emit(Op.NEG, IRType.NUM, value, mask)


@fold("FPMATH FPMATH floor", "FPMATH FPMATH ceil", "FPMATH FPMATH trunc")
def shortcut_round(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """round(round(x))  =>  round(x), whichever rounding is inside"""
    return left if left.args[1] <= FPM_TRUNC else None


@fold("FPMATH CONV floor", "FPMATH CONV ceil", "FPMATH CONV trunc")
def simplify_floor_conv(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """round(num(i))  =>  num(i)"""
    return left if left.args[1] & CONV_SRC_MASK in (IRType.INT, IRType.U32) else None


@fold("ABS ABS FLOAD")
def shortcut_left(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """abs(abs(x))  =>  abs(x)"""
    return left


@fold("ABS NEG FLOAD")
def shortcut_dropleft(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """abs(-x)  =>  abs(x)"""
    if left.phi:
        return None
    return b.emit(ins.op, ins.type, left.args[0], right)


@fold("NEG NEG any", "BNOT BNOT", "BSWAP BSWAP")
def shortcut_leftleft(b: TraceBuilder, ins: Ins, left: Ins, right: Ins | None) -> Ins | None:
    """f(f(x))  =>  x"""
    return None if left.phi else left.args[0]


@fold("ADD NEG any")
def simplify_numadd_negx(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(-a) + b  =>  b - a"""
    if left.phi:
        return None
    return b.emit(Op.SUB, ins.type, right, left.args[0])


@fold("ADD any NEG")
def simplify_numadd_xneg(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """a + (-b)  =>  a - b"""
    if right.phi:
        return None
    return b.emit(Op.SUB, ins.type, left, right.args[0])


@fold("SUB any KNUM")
def simplify_numsub_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """x - (+0)  =>  x"""
    return left if double_bits(right.args[0]) == 0 else None


@fold("SUB NEG KNUM")
def simplify_numsub_negk(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(-x) - k  =>  (-k) - x"""
    if left.phi:
        return None
    return b.emit(Op.SUB, ins.type, b.knum(-right.args[0]), left.args[0])


@fold("SUB any NEG")
def simplify_numsub_xneg(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """a - (-b)  =>  a + b"""
    if right.phi:
        return None
    return b.emit(Op.ADD, ins.type, left, right.args[0])


@fold("MUL any KNUM", "DIV any KNUM")
def simplify_nummuldiv_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """x o 1 => x;  x o -1 => -x;  x * 2 => x + x;  x / 2^k => x * 2^-k"""
    k = right.args[0]
    if k == 1.0:
        return left
    if k == -1.0:
        return negate(b, left)
    if ins.op is Op.MUL:
        return b.emit(Op.ADD, ins.type, left, left) if k == 2.0 else None
    bits = double_bits(k)
    exponent = bits >> 52 & 0x7FF
    if bits & 0xFFFFFFFFFFFFF == 0 and 0 < exponent < 0x7FE:  # The reciprocal is exact and normal.
        reciprocal = bits & 1 << 63 | (0x7FE - exponent) << 52
        return b.emit(Op.MUL, ins.type, left, b.knum(bits_double(reciprocal)))
    return None


@fold("MUL NEG KNUM", "DIV NEG KNUM")
def simplify_nummuldiv_negk(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(-a) o k  =>  a o (-k)"""
    if left.phi:
        return None
    return b.emit(ins.op, ins.type, left.args[0], b.knum(-right.args[0]))


@fold("MUL NEG NEG", "DIV NEG NEG")
def simplify_nummuldiv_negneg(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """(-a) o (-b)  =>  a o b"""
    if left.phi or right.phi:
        return None
    return b.emit(ins.op, ins.type, left.args[0], right.args[0])


@fold("POW any KNUM")
def simplify_numpow_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """x ^ 0 => 1;  x ^ 1 => x;  x ^ 2 => x * x"""
    k = right.args[0]
    if k == 0.0:
        return b.knum(1.0)
    if k == 1.0:
        return left
    if k == 2.0:
        return b.emit(Op.MUL, IRType.NUM, left, left)
    return None
