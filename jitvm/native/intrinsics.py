"""Operations of the machine that Python has no operator for.

Each is an `Intrinsic`: called in CPython it computes what the machine instruction would; the compiler has a
rule for each.  `impl` takes the type of the first operand before the operands themselves, because CPython's
integers have no width.
"""

from __future__ import annotations

import math
import struct

from ir.layout import Ptr, Scalar, i64, u32, u64

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

INTRINSICS: dict[str, Intrinsic] = {}


class Intrinsic:
    """`params` and `result` are types, or None for "the type of the first argument"."""

    __slots__ = ("default", "impl", "name", "params", "result")

    def __init__(
        self, name: str, params: tuple[Any, ...], result: Any, impl: Callable[..., Any], default: Any
    ) -> None:
        self.name = name
        self.params = params
        self.result = result
        self.impl = impl
        self.default = default  # Operand type assumed when called without the compiler's help.

    def __call__(self, *args: Any) -> Any:
        return self.impl(self.default, *args)


def _define(
    name: str, params: tuple[Any, ...], result: Any, impl: Callable[..., Any], default: Any = None
) -> Intrinsic:
    INTRINSICS[name] = Intrinsic(name, params, result, impl, default)
    return INTRINSICS[name]


def _sqrt(_: Any, x: float) -> float:
    return math.sqrt(x) if x >= 0 else (x if x == 0 else math.nan)


def _rounded(function: Callable[[float], int]) -> Callable[[Any, float], float]:
    def rounded(_: Any, x: float) -> float:
        if not math.isfinite(x) or abs(x) >= 2.0**52:
            return x
        return math.copysign(float(function(x)), x)

    return rounded


def _bswap(type_: Scalar, x: int) -> Any:
    return type_(int.from_bytes((x & ((1 << 8 * type_.size) - 1)).to_bytes(type_.size, "little"), "big"))


def _idiv(type_: Scalar, a: int, b: int) -> Any:
    assert b != 0, "division by zero faults"
    quotient = abs(a) // abs(b)
    return type_(-quotient if (a < 0) != (b < 0) else quotient)


def _imod(type_: Scalar, a: int, b: int) -> Any:
    assert b != 0, "division by zero faults"
    remainder = abs(a) % abs(b)
    return type_(-remainder if a < 0 else remainder)


def _rol32(_: Any, x: int, n: int) -> int:
    x, n = x & 0xFFFFFFFF, n & 31
    return (x << n | x >> (32 - n)) & 0xFFFFFFFF


def _ror32(_: Any, x: int, n: int) -> int:
    return _rol32(_, x, -n)


def _clz32(_: Any, x: int) -> int:
    assert x != 0, "clz32(0)"
    return 32 - (x & 0xFFFFFFFF).bit_length()


def _ctz32(_: Any, x: int) -> int:
    assert x != 0, "ctz32(0)"
    return ((x & -x) & 0xFFFFFFFF).bit_length() - 1


def _addr(_: Any, p: Any) -> int:
    return p.addr if isinstance(p, Ptr) else int(u64(p or 0))


def _bits(_: Any, x: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", x))[0])


def _from_bits(_: Any, x: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", x & 0xFFFFFFFFFFFFFFFF))[0])


FLOAT, BOOL = "f64", "bool"

#: Hints: which way a branch usually goes.
likely = _define("likely", (BOOL,), BOOL, lambda _, c: c)
unlikely = _define("unlikely", (BOOL,), BOOL, lambda _, c: c)
sqrt = _define("sqrt", (FLOAT,), FLOAT, _sqrt)
floor = _define("floor", (FLOAT,), FLOAT, _rounded(math.floor))
ceil = _define("ceil", (FLOAT,), FLOAT, _rounded(math.ceil))
trunc = _define("trunc", (FLOAT,), FLOAT, _rounded(math.trunc))
fabs = _define("fabs", (FLOAT,), FLOAT, lambda _, x: math.fabs(x))
#: MINSD and MAXSD: the second operand if either is NaN or both are zero.
fmin = _define("fmin", (FLOAT, FLOAT), FLOAT, lambda _, a, b: a if a < b else b)
fmax = _define("fmax", (FLOAT, FLOAT), FLOAT, lambda _, a, b: a if a > b else b)
bswap = _define("bswap", (None,), None, _bswap, u32)
#: Truncating integer division and its remainder; dividing by zero faults.
idiv = _define("idiv", (None, None), None, _idiv, i64)
imod = _define("imod", (None, None), None, _imod, i64)
rol32 = _define("rol32", ("u32", "u32"), "u32", _rol32)
ror32 = _define("ror32", ("u32", "u32"), "u32", _ror32)
#: Leading and trailing zero bits of a word that is not 0.
clz32 = _define("clz32", ("u32",), "u32", _clz32)
ctz32 = _define("ctz32", ("u32",), "u32", _ctz32)
#: The address in a pointer, the bits of a double, and back.
addr = _define("addr", ("ptr",), "u64", _addr)
bits = _define("bits", (FLOAT,), "u64", _bits)
from_bits = _define("from_bits", ("u64",), FLOAT, _from_bits)


def cast(type_: Any, value: Any) -> Any:
    """`cast(T, x)` is `T(x)`, for types that are not spelled as a call."""
    return type_(value)
