"""Order of operands, and array bounds checks.

Operands of commutative operations are put in one order, lower refs right.  That moves constants to the right,
halves the number of rules, lets CSE find more, and suits two-address code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.fold.constants import decide
from ir.fold.engine import DROPPED, fold
from ir.fold.integers import integer
from ir.ops import Op
from ir.passes.flags import OptFlag
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder

_ABC = int(OptFlag.ABC)


@fold("ADD any any", "MUL any any", "ADDOV any any", "MULOV any any")
def comm_swap(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """The lower ref goes right"""
    if left.ref < right.ref:
        return b.emit(ins.op, ins.type, right, left, guard=ins.guard)
    return None


@fold("EQ any any", "NE any any")
def comm_equal(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """x == x holds, except for numbers; the lower ref goes right"""
    if left is right and ins.type is not IRType.NUM:
        return decide(ins.op is Op.EQ)
    return comm_swap(b, ins, left, right)


@fold(*[f"{op} any any" for op in ["LT", "GE", "LE", "GT", "ULT", "UGE", "ULE", "UGT"]])
def comm_comp(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """x <= x holds and x < x fails, except for numbers; the lower ref goes right"""
    if left is right and ins.type is not IRType.NUM:
        return decide(ins.op in (Op.GE, Op.LE, Op.UGE, Op.ULE))
    if left.ref < right.ref:
        return b.emit(_MIRRORED[ins.op], ins.type, right, left, guard=ins.guard)
    return None


_MIRRORED = {
    Op.LT: Op.GT,
    Op.GT: Op.LT,
    Op.LE: Op.GE,
    Op.GE: Op.LE,
    Op.ULT: Op.UGT,
    Op.UGT: Op.ULT,
    Op.ULE: Op.UGE,
    Op.UGE: Op.ULE,
}


@fold("BAND any any", "BOR any any")
def comm_dup(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i o i  =>  i; the lower ref goes right"""
    return left if left is right else comm_swap(b, ins, left, right)


@fold("MIN any any", "MAX any any")
def comm_dup_minmax(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """x o x  =>  x; not commutative for doubles"""
    return left if left is right else None


@fold("BXOR any any")
def comm_bxor(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i xor i  =>  0; the lower ref goes right"""
    if left is right:
        return integer(b, ins.type, 0)
    return comm_swap(b, ins, left, right)


@fold("ABC any ADD")
def abc_fwd(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """abc(asize, (i + k) + (-k)) is proved by abc(asize, i); across PHIs, for t[i-1]"""
    if not b.flags & _ABC or not right.args[1].is_const:
        return None
    inner = right.args[0]
    if inner.op is not Op.ADD or not inner.args[1].is_const:
        return None
    if right.args[1].args[0] != -inner.args[1].args[0]:
        return None
    index: Ins = inner.args[0]
    limit = max(index.ref, left.ref)
    for other in reversed(b.chain[Op.ABC]):
        if other.ref <= limit:
            break
        if other.args[0] is left and other.args[1] is index:
            return DROPPED
    return None


@fold("ABC any KINT")
def abc_k(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """abc(asize, k1), abc(asize, k2)  =>  one check of the larger constant, in the first place"""
    if left.phi or not b.flags & _ABC:
        return None
    for other in reversed(b.chain[Op.ABC]):
        if other.ref <= left.ref:
            break
        if other.args[0] is left and other.args[1].is_const:
            if right.args[0] & 0xFFFFFFFF > other.args[1].args[0] & 0xFFFFFFFF:
                b.patch(other, left, right)
            return DROPPED
    return b.append(ins)


@fold("ABC any any")
def abc_invar(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """A check marked as invariant (its type is not int) holds in the loop if the size is invariant too"""
    if ins.type is not IRType.INT and left.ref < b.head(Op.LOOP) and not left.phi:
        return DROPPED
    return None
