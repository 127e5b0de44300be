"""Constant folding of arithmetic, bit operations and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.abort import Abort, TraceError
from ir.calls import CALLS
from ir.fold.engine import DROPPED, fold
from ir.fold.evaluate import (
    fpmath,
    int64_arith,
    int_arith,
    int_compare,
    libm,
    num_arith,
    num_compare,
    num_to_int,
)
from ir.ops import Op
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder


def decide(holds: bool) -> Ins:
    """Outcome of a guard known now: drop it, or give up on a trace that always leaves here."""
    if not holds:
        raise Abort(TraceError.GFAIL)
    return DROPPED


# Doubles.


@fold(*[f"{op} KNUM KNUM" for op in ["ADD", "SUB", "MUL", "DIV", "LDEXP", "MIN", "MAX", "POW"]])
def kfold_numarith(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 o k2"""
    return b.knum(num_arith(ins.op, left.args[0], right.args[0]))


@fold("NEG KNUM FLOAD", "ABS KNUM FLOAD")
def kfold_numabsneg(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """-k, abs(k); the second operand is the mask the machine uses"""
    return b.knum(num_arith(ins.op, left.args[0], 0.0))


@fold("FPMATH KNUM any")
def kfold_fpmath(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """floor(k), sqrt(k), ..."""
    return b.knum(fpmath(right, left.args[0]))


@fold("CALLN KNUM any")
def kfold_fpcall1(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """sin(k), exp(k), ..."""
    info = CALLS[right]
    if info.result is not IRType.NUM:
        return None
    value = libm(info.name.removeprefix("lj_vm_"), left.args[0])
    return None if value is None else b.knum(value)


@fold("CALLN CARG atan2")
def kfold_fpcall2(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """atan2(k1, k2)"""
    import math

    y, x = left.args
    if y.op is Op.KNUM and x.op is Op.KNUM:
        return b.knum(math.atan2(y.args[0], x.args[0]))
    return None


@fold(*[f"{op} KNUM KNUM" for op in ["EQ", "NE", "LT", "GE", "LE", "GT", "ULT", "UGE", "ULE", "UGT"]])
def kfold_numcomp(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 <> k2; by value, since a NaN differs from itself"""
    return decide(num_compare(ins.op, left.args[0], right.args[0]))


# 32-bit integers.


@fold(
    *[
        f"{op} KINT KINT"
        for op in [
            "ADD",
            "SUB",
            "MUL",
            "NEG",
            "BAND",
            "BOR",
            "BXOR",
            "BSHL",
            "BSHR",
            "BSAR",
            "BROL",
            "BROR",
            "MIN",
            "MAX",
        ]
    ]
)
def kfold_intarith(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 o k2"""
    return b.kint(int_arith(ins.op, left.args[0], right.args[0]))


@fold("MOD KINT KINT")
def kfold_intmod(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """k1 % k2; a zero divisor is left to the guard before it"""
    if right.args[0] == 0:
        return None
    return b.kint(int_arith(ins.op, left.args[0], right.args[0]))


@fold("ADDOV KINT KINT", "SUBOV KINT KINT", "MULOV KINT KINT")
def kfold_intovarith(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 o k2, if it fits"""
    value = num_arith(_PLAIN[ins.op], float(left.args[0]), float(right.args[0]))
    number = num_to_int(value)
    if value != number:
        raise Abort(TraceError.GFAIL)
    return b.kint(number)


_PLAIN = {Op.ADDOV: Op.ADD, Op.SUBOV: Op.SUB, Op.MULOV: Op.MUL}


@fold("BNOT KINT")
def kfold_bnot(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """~k"""
    return b.kint(~left.args[0])


@fold("BSWAP KINT")
def kfold_bswap(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """bswap(k)"""
    return b.kint(int.from_bytes((left.args[0] & 0xFFFFFFFF).to_bytes(4, "little"), "big"))


@fold(*[f"{op} KINT KINT" for op in ["LT", "GE", "LE", "GT", "ULT", "UGE", "ULE", "UGT", "ABC"]])
def kfold_intcomp(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 <> k2"""
    return decide(int_compare(ins.op, left.args[0], right.args[0]))


@fold("UGE any KINT")
def kfold_intcomp0(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i >= 0, unsigned: always"""
    return DROPPED if right.args[0] == 0 else None


# 64-bit integers.


@fold(*[f"{op} KINT64 KINT64" for op in ["ADD", "SUB", "MUL", "BAND", "BOR", "BXOR"]])
def kfold_int64arith(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 o k2"""
    return b.kint64(int64_arith(ins.op, left.args[0], right.args[0]))


@fold(*[f"{op} KINT64 KINT" for op in ["BSHL", "BSHR", "BSAR", "BROL", "BROR"]])
def kfold_int64shift(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 << k2, ..."""
    return b.kint64(int64_arith(ins.op, left.args[0], right.args[0]))


@fold("BNOT KINT64")
def kfold_bnot64(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """~k"""
    return b.kint64(~left.args[0])


@fold("BSWAP KINT64")
def kfold_bswap64(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """bswap(k)"""
    return b.kint64(int.from_bytes((left.args[0] & ((1 << 64) - 1)).to_bytes(8, "little"), "big"))


@fold(*[f"{op} KINT64 KINT64" for op in ["LT", "GE", "LE", "GT", "ULT", "UGE", "ULE", "UGT"]])
def kfold_int64comp(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """k1 <> k2"""
    return decide(int_compare(ins.op, left.args[0], right.args[0], 64))


@fold("UGE any KINT64")
def kfold_int64comp0(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """i >= 0, unsigned: always"""
    return DROPPED if right.args[0] == 0 else None


# Pointers.


@fold("ADD KGC KINT", "ADD KGC KINT64")
def kfold_add_kgc(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Address inside an object"""
    return b.kptr(left.args[0] + right.args[0])


@fold("ADD KPTR KINT", "ADD KPTR KINT64", "ADD KKPTR KINT", "ADD KKPTR KINT64")
def kfold_add_kptr(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Pointer plus offset"""
    address = left.args[0] + right.args[0]
    return b.kptr(address) if left.op is Op.KPTR else b.kkptr(address)


@fold("ADD any KGC", "ADD any KPTR", "ADD any KKPTR")
def kfold_add_kright(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """k + p  =>  p + k"""
    if left.op is Op.KINT or left.op is Op.KINT64:
        return b.emit(ins.op, ins.type, right, left, guard=ins.guard)
    return None


# Equality.


@fold("EQ FLOAD KNULL", "NE FLOAD KNULL")
def keep_null_check(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """A field may be null: such a check stays."""
    return b.cse(ins)


@fold(
    "EQ any KNULL",
    "NE any KNULL",
    "EQ KNULL any",
    "NE KNULL any",
    "EQ KINT KINT",
    "NE KINT KINT",
    "EQ KINT64 KINT64",
    "NE KINT64 KINT64",
    "EQ KGC KGC",
    "NE KGC KGC",
)
def kfold_kref(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Constants are interned: the same value is the same instruction; nothing but null is null."""
    return decide((left is right) is (ins.op is Op.EQ))
