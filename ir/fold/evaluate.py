"""Values of operations on constants, exactly as the machine computes them.

Integers wrap; doubles follow IEEE 754 with C's conventions where Python raises instead (division by zero,
overflow of `exp`, domain errors).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from ir.ops import FPM_NAMES, Op

NAN: float = struct.unpack("<d", struct.pack("<Q", 0xFFF8000000000000))[0]


def wrap32(value: int) -> int:
    """To the signed 32-bit range."""
    return ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def wrap64(value: int) -> int:
    """To the signed 64-bit range."""
    return ((value + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


def double_bits(value: float) -> int:
    """The 64 bits of a double."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def bits_double(bits: int) -> float:
    """The double with these bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def num_to_int(value: float) -> int:
    """CVTTSD2SI: truncation to 32 bits, the minimum if out of range."""
    if not -2147483649.0 < value < 2147483648.0:
        return -0x80000000
    return int(value)


def num_to_int64(value: float) -> int:
    """Truncation to 64 bits, the minimum if out of range."""
    if not -9223372036854775809.0 < value < 9223372036854775808.0:
        return -(1 << 63)
    return int(value)


def num_to_bit(value: float) -> int:
    """TOBIT: rounded to the nearest integer, modulo 2^32; by adding 2^52 + 2^51 and taking the low bits."""
    return wrap32(double_bits(value + 6755399441055744.0) & 0xFFFFFFFF)


def divide(a: float, b: float) -> float:
    """a / b; a zero divisor gives infinity or NaN."""
    if b == 0.0:
        if a == 0.0 or math.isnan(a):
            return NAN
        return float(math.copysign(math.inf, math.copysign(1.0, a) * math.copysign(1.0, b)))
    return a / b


def floor(value: float) -> float:
    """Keeps -0, infinities and NaN."""
    if not math.isfinite(value):
        return value
    return float(math.copysign(math.floor(value), value)) if value < 1.0 else float(math.floor(value))


def ceil(value: float) -> float:
    """Keeps -0, infinities and NaN; (-1, 0) gives -0."""
    return -floor(-value)


def trunc(value: float) -> float:
    """Keeps -0, infinities and NaN."""
    return math.copysign(floor(abs(value)), value) if math.isfinite(value) else value


def power(a: float, b: float) -> float:
    """C's pow."""
    try:
        return float(math.pow(a, b))
    except OverflowError:
        odd = b == math.floor(b) and math.fmod(b, 2.0) != 0.0
        return -math.inf if a < 0.0 and odd else math.inf
    except ValueError:
        if a == 0.0:  # A negative power of zero.
            odd = b == math.floor(b) and math.fmod(b, 2.0) != 0.0
            return math.copysign(math.inf, a) if odd else math.inf
        return NAN


_LIBM: dict[str, Callable[[float], float]] = {
    name: getattr(math, name)
    for name in [
        "log10",
        "exp",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "log",
        "log2",
        "sqrt",
    ]
}


def libm(name: str, value: float) -> float | None:
    """A function of one argument from the C library; None if it is not known here."""
    function = _LIBM.get(name)
    if function is None:
        return None
    try:
        return float(function(value))
    except OverflowError:
        return math.copysign(math.inf, value) if name == "sinh" else math.inf
    except ValueError:
        return -math.inf if name.startswith("log") and value == 0.0 else NAN


def fpmath(function: int, value: float) -> float:
    """FPMATH with literal `function`."""
    match FPM_NAMES[function]:
        case "floor":
            return floor(value)
        case "ceil":
            return ceil(value)
        case "trunc":
            return trunc(value)
        case name:
            result = libm(name, value)
            assert result is not None, name
            return result


_NUM_OPS: dict[Op, Callable[[float, float], float]] = {
    Op.ADD: lambda a, b: a + b,
    Op.SUB: lambda a, b: a - b,
    Op.MUL: lambda a, b: a * b,
    Op.DIV: divide,
    Op.MOD: lambda a, b: a - floor(divide(a, b)) * b,
    Op.POW: power,
    Op.NEG: lambda a, b: -a,
    Op.ABS: lambda a, b: abs(a),
    Op.LDEXP: lambda a, b: _ldexp(a, num_to_int(b)),
    Op.MIN: lambda a, b: a if a < b else b,
    Op.MAX: lambda a, b: a if a > b else b,
}


def _ldexp(value: float, exponent: int) -> float:
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)


def num_arith(op: Op, a: float, b: float) -> float:
    """Arithmetic on doubles."""
    return _NUM_OPS[op](a, b)


def modulo(a: int, b: int) -> int:
    """Lua's modulo on integers: the sign of the divisor; wraps at the minimum."""
    return wrap32(a % b)


_INT_OPS: dict[Op, Callable[[int, int, int], int]] = {
    Op.ADD: lambda a, b, w: a + b,
    Op.SUB: lambda a, b, w: a - b,
    Op.MUL: lambda a, b, w: a * b,
    Op.MOD: lambda a, b, w: a % b,
    Op.NEG: lambda a, b, w: -a,
    Op.BAND: lambda a, b, w: a & b,
    Op.BOR: lambda a, b, w: a | b,
    Op.BXOR: lambda a, b, w: a ^ b,
    Op.BSHL: lambda a, b, w: a << (b & (w - 1)),
    Op.BSHR: lambda a, b, w: (a & ((1 << w) - 1)) >> (b & (w - 1)),
    Op.BSAR: lambda a, b, w: a >> (b & (w - 1)),
    Op.BROL: lambda a, b, w: _rotate(a, b & (w - 1), w),
    Op.BROR: lambda a, b, w: _rotate(a, -b & (w - 1), w),
    Op.MIN: lambda a, b, w: min(a, b),
    Op.MAX: lambda a, b, w: max(a, b),
}


def _rotate(value: int, count: int, width: int) -> int:
    unsigned = value & ((1 << width) - 1)
    return unsigned << count | unsigned >> (width - count)


def int_arith(op: Op, a: int, b: int) -> int:
    """Arithmetic on signed 32-bit integers, wrapping."""
    return wrap32(_INT_OPS[op](a, b, 32))


def int64_arith(op: Op, a: int, b: int) -> int:
    """Arithmetic on signed 64-bit integers, wrapping."""
    return wrap64(_INT_OPS[op](a, b, 64))


_ORDER: dict[Op, Callable[[float, float], bool]] = {
    Op.LT: lambda a, b: a < b,
    Op.GE: lambda a, b: a >= b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
}
_NUM_UNORDERED: dict[Op, Callable[[float, float], bool]] = {
    Op.ULT: lambda a, b: not a >= b,
    Op.UGE: lambda a, b: not a < b,
    Op.ULE: lambda a, b: not a > b,
    Op.UGT: lambda a, b: not a <= b,
}
_UNSIGNED: dict[Op, Op] = {Op.ULT: Op.LT, Op.UGE: Op.GE, Op.ULE: Op.LE, Op.UGT: Op.GT, Op.ABC: Op.GT}


def num_compare(op: Op, a: float, b: float) -> bool:
    """Comparison of doubles; the U forms hold when unordered."""
    return (_ORDER.get(op) or _NUM_UNORDERED[op])(a, b)


def int_compare(op: Op, a: int, b: int, width: int = 32) -> bool:
    """Comparison of signed integers; the U forms and ABC take them as unsigned."""
    if op in _UNSIGNED:
        mask = (1 << width) - 1
        return _ORDER[_UNSIGNED[op]](a & mask, b & mask)
    return _ORDER[op](a, b)
