"""What the pure opcodes compute: one function per opcode, used to fold constants and to evaluate native code.

    compute(Op.ADD, IRType.INT, (2147483647, 1)) == -2147483648

Integers are kept in the range of their type (`wrap`), pointers as unsigned 64-bit numbers, and doubles as
Python floats.  Trace opcodes whose meaning is Lua's (`MOD`, `POW`) are not here.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

from ir.ops import (
    CONV_DST_SHIFT,
    CONV_SEXT,
    CONV_SRC_MASK,
    FPM_CEIL,
    FPM_FLOOR,
    FPM_SQRT,
    FPM_TRUNC,
    Op,
)
from ir.types import IRTYPES, IRType

Value = Any  # int or float, as the type says.
Rule = Callable[..., Value]

#: Pure opcodes: (type, operand values and literals ...) -> value.
ARITH: dict[Op, Rule] = {}
#: Comparisons: (operand type, a, b) -> bool.
COMPARE: dict[Op, Rule] = {}


def arith(*ops: Op) -> Callable[[Rule], Rule]:
    """Registers what an opcode computes."""

    def register(rule: Rule) -> Rule:
        for op in ops:
            assert op not in ARITH, op
            ARITH[op] = rule
        return rule

    return register


def compute(op: Op, type_: IRType, values: tuple[Value, ...]) -> Value:
    """The result of a pure opcode, in the range of its type."""
    return wrap(type_, ARITH[op](type_, *values))


def width(type_: IRType) -> int:
    return type_.size * 8


def wrap(type_: IRType, value: Value) -> Value:
    """`value` as the type holds it."""
    if type_.is_float:
        return float(value)
    number = int(value) & ((1 << width(type_)) - 1)
    if type_.is_signed and number >> (width(type_) - 1):
        number -= 1 << width(type_)
    return number


def unsigned(type_: IRType, value: int) -> int:
    return value & ((1 << width(type_)) - 1)


def conversion(mode: int) -> tuple[IRType, IRType]:
    """Source and destination type of CONV's literal."""
    return IRTYPES[mode & CONV_SRC_MASK], IRTYPES[mode >> CONV_DST_SHIFT & CONV_SRC_MASK]


def bits_of(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def double_of(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits & 0xFFFFFFFFFFFFFFFF))[0])


def truncate(value: float, type_: IRType) -> int:
    """CVTTSD2SI: the smallest integer if out of range or NaN."""
    size = width(type_)
    if not math.isfinite(value) or not -(2.0 ** (size - 1)) <= math.trunc(value) < 2.0 ** (size - 1):
        return -(1 << (size - 1))
    return math.trunc(value)


def rounded(mode: int, value: float) -> float:
    if not math.isfinite(value) or abs(value) >= 2.0**52:
        return value
    if mode == FPM_TRUNC:
        whole = math.trunc(value)
    else:
        assert mode in (FPM_FLOOR, FPM_CEIL), mode
        whole = math.floor(value) if mode == FPM_FLOOR else math.ceil(value)
    return math.copysign(float(whole), value)


@arith(Op.ADD)
def _add(_: IRType, a: Value, b: Value) -> Value:
    return a + b


@arith(Op.SUB)
def _sub(_: IRType, a: Value, b: Value) -> Value:
    return a - b


@arith(Op.MUL)
def _mul(_: IRType, a: Value, b: Value) -> Value:
    return a * b


@arith(Op.DIV)
def _div(type_: IRType, a: float, b: float) -> float:
    assert type_ is IRType.NUM, "integers divide by IDIV"
    if b != 0 or math.isnan(a) or math.isnan(b):
        return a / b if b != 0 else math.nan
    if a == 0:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


@arith(Op.IDIV)
def _idiv(type_: IRType, a: int, b: int) -> int:
    a, b = wrap(type_, a), wrap(type_, b)  # An operand may have the other sign's type.
    quotient = abs(a) // abs(b)
    return -quotient if (a < 0) != (b < 0) else quotient


@arith(Op.IREM)
def _irem(type_: IRType, a: int, b: int) -> int:
    a, b = wrap(type_, a), wrap(type_, b)
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


@arith(Op.NEG)
def _neg(_: IRType, a: Value, _mask: Value) -> Value:
    return -a


@arith(Op.ABS)
def _abs(_: IRType, a: Value, _mask: Value) -> Value:
    return math.fabs(a)


@arith(Op.MIN)
def _min(type_: IRType, a: Value, b: Value) -> Value:
    a, b = wrap(type_, a), wrap(type_, b)
    return a if a < b else b  # MINSD: the second one if unordered.


@arith(Op.MAX)
def _max(type_: IRType, a: Value, b: Value) -> Value:
    a, b = wrap(type_, a), wrap(type_, b)
    return a if a > b else b


@arith(Op.FPMATH)
def _fpmath(_: IRType, a: float, mode: int) -> float:
    if mode == FPM_SQRT:
        return math.sqrt(a) if a >= 0 else (a if a == 0 else math.nan)
    return rounded(mode, a)


@arith(Op.BNOT)
def _bnot(_: IRType, a: int) -> int:
    return ~a


@arith(Op.BSWAP)
def _bswap(type_: IRType, a: int) -> int:
    return int.from_bytes(unsigned(type_, a).to_bytes(type_.size, "little"), "big")


@arith(Op.BAND)
def _band(_: IRType, a: int, b: int) -> int:
    return a & b


@arith(Op.BOR)
def _bor(_: IRType, a: int, b: int) -> int:
    return a | b


@arith(Op.BXOR)
def _bxor(_: IRType, a: int, b: int) -> int:
    return a ^ b


@arith(Op.BSHL)
def _bshl(type_: IRType, a: int, n: int) -> int:
    return a << (n & (width(type_) - 1))


@arith(Op.BSHR)
def _bshr(type_: IRType, a: int, n: int) -> int:
    return unsigned(type_, a) >> (n & (width(type_) - 1))


@arith(Op.BSAR)
def _bsar(type_: IRType, a: int, n: int) -> int:
    sign = 1 << (width(type_) - 1)
    signed = (unsigned(type_, a) ^ sign) - sign
    return signed >> (n & (width(type_) - 1))


@arith(Op.BROL)
def _brol(type_: IRType, a: int, n: int) -> int:
    size, a = width(type_), unsigned(type_, a)
    n &= size - 1
    return a << n | a >> (size - n)


@arith(Op.BROR)
def _bror(type_: IRType, a: int, n: int) -> int:
    return int(_brol(type_, a, -n))


@arith(Op.CLZ)
def _clz(_: IRType, a: int) -> int:
    return 32 - unsigned(IRType.U32, a).bit_length()


@arith(Op.CTZ)
def _ctz(_: IRType, a: int) -> int:
    a = unsigned(IRType.U32, a)
    return (a & -a).bit_length() - 1


@arith(Op.CONV)
def _conv(_: IRType, a: Value, mode: int) -> Value:
    src, dst = conversion(mode)
    match src.is_float, dst.is_float:
        case True, True:
            return a
        case True, False:
            return truncate(a, dst)
        case False, True:
            return float(wrap(src, a))
        case _:
            number = int(wrap(src, a))
            return number if mode & CONV_SEXT or not src.is_signed else unsigned(src, number)


@arith(Op.COPY)
def _copy(type_: IRType, a: Value) -> Value:
    if type_.is_float and isinstance(a, int):
        return double_of(a)
    if not type_.is_float and isinstance(a, float):
        return bits_of(a)
    return a


def _compare(op: Op) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        COMPARE[op] = rule
        return rule

    return register


def _key(type_: IRType, a: Value) -> Value:
    """Operand of an unsigned comparison; doubles stay as they are."""
    return a if type_.is_float else unsigned(type_, a)


@_compare(Op.LT)
def _lt(_: IRType, a: Value, b: Value) -> bool:
    return bool(a < b)


@_compare(Op.GE)
def _ge(_: IRType, a: Value, b: Value) -> bool:
    return bool(a >= b)


@_compare(Op.LE)
def _le(_: IRType, a: Value, b: Value) -> bool:
    return bool(a <= b)


@_compare(Op.GT)
def _gt(_: IRType, a: Value, b: Value) -> bool:
    return bool(a > b)


@_compare(Op.ULT)
def _ult(type_: IRType, a: Value, b: Value) -> bool:
    return not _key(type_, a) >= _key(type_, b)  # Unordered counts as true.


@_compare(Op.UGE)
def _uge(type_: IRType, a: Value, b: Value) -> bool:
    return not _key(type_, a) < _key(type_, b)


@_compare(Op.ULE)
def _ule(type_: IRType, a: Value, b: Value) -> bool:
    return not _key(type_, a) > _key(type_, b)


@_compare(Op.UGT)
def _ugt(type_: IRType, a: Value, b: Value) -> bool:
    return not _key(type_, a) <= _key(type_, b)


@_compare(Op.EQ)
def _eq(type_: IRType, a: Value, b: Value) -> bool:
    return bool(_key(type_, a) == _key(type_, b))


@_compare(Op.NE)
def _ne(type_: IRType, a: Value, b: Value) -> bool:
    return bool(_key(type_, a) != _key(type_, b))


assert all(op in COMPARE for op in Op if op <= Op.NE)
