"""Lua values in Python: conversion both ways, and how Lua prints them.

    nil None  boolean bool  number float (or int, if it is one)  string bytes  everything else LuaObject

A LuaObject keeps its object alive as long as Python holds it.
"""

from __future__ import annotations

import math
import struct

from ir.layout import Ptr
from ir.objects import GCfunc, GCstr
from jitvm.runtime.value import FALSE, NIL, POINTER, STR_BITS, TRUE

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.heap import Heap

TAGS = 0x1FFFF
KIND_STR, KIND_THREAD, KIND_PROTO, KIND_FUNC, KIND_TAB, KIND_UDATA = 4, 6, 7, 8, 11, 12
#: Kinds of objects by ~tag.
NUMBER_FROM = 13
_FLOAT, _BITS = struct.Struct("<d"), struct.Struct("<Q")
EXACT = 1 << 53
TYPES = ("nil", "boolean", "boolean", "userdata", "string", "upval", "thread", "proto", "function", "trace",
         "cdata", "table", "userdata")


def kind_of(bits: int) -> int:
    """~tag of a slot; NUMBER_FROM or more is a number."""
    return TAGS ^ bits >> 47


def number_of(bits: int) -> float:
    number: float = _FLOAT.unpack(_BITS.pack(bits))[0]
    return number


def bits_of_number(number: float) -> int:
    if number != number:
        # One of the two NaNs: a payload might look like a tag.
        return 0x7FF8000000000000 if math.copysign(1.0, number) > 0 else 0xFFF8000000000000
    bits: int = _BITS.unpack(_FLOAT.pack(number))[0]
    return bits


def type_of(bits: int) -> str:
    """What `type` returns."""
    kind = kind_of(bits)
    return TYPES[kind] if kind < NUMBER_FROM else "number"


def format_number(x: float) -> bytes:
    """As `tostring`: 14 significant digits; a tie goes away from zero."""
    if x != x:
        return b"nan"
    if x in (math.inf, -math.inf):
        return b"inf" if x > 0 else b"-inf"
    if -1e14 < x < 1e14 and x == int(x):
        return b"-0" if x == 0 and math.copysign(1.0, x) < 0 else b"%d" % int(x)
    mantissa, _, exponent = f"{x:.14e}".partition("e")
    if mantissa[-1] == "5" and _is_exactly(x, int(mantissa.replace(".", "")), int(exponent) - 14):
        x = math.nextafter(x, math.copysign(math.inf, x))
    return b"%.14g" % x


def _is_exactly(x: float, digits: int, exponent: int) -> bool:
    """x == digits * 10^exponent, without rounding."""
    numerator, denominator = x.as_integer_ratio()
    return numerator * 10 ** max(-exponent, 0) == digits * denominator * 10 ** max(exponent, 0)


class LuaObject:
    """A table, function, thread or other object of the Lua heap."""

    __slots__ = ("__weakref__", "_handle", "bits", "heap")

    def __init__(self, heap: Heap, bits: int) -> None:
        self.heap, self.bits = heap, bits
        self._handle = heap.hold(bits & POINTER)

    @property
    def address(self) -> int:
        return self.bits & POINTER

    @property
    def type(self) -> str:
        return type_of(self.bits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LuaObject) and other.bits == self.bits

    def __hash__(self) -> int:
        return hash(self.bits)

    def __repr__(self) -> str:
        return f"<Lua {self.type} at {self.address:#x}>"

    def __del__(self) -> None:
        self.heap.release(self._handle)


class Values:
    """Conversions on one heap."""

    def __init__(self, heap: Heap) -> None:
        self.heap = heap

    def text(self, bits: int) -> bytes:
        """The bytes of a string slot."""
        return self.heap.text(Ptr(GCstr, bits & POINTER))

    def string(self, data: bytes) -> int:
        """The slot of an interned string."""
        return int(self.heap.string(data).addr) | STR_BITS

    def to_python(self, bits: int) -> object:
        kind = kind_of(bits)
        if kind >= NUMBER_FROM:
            number = number_of(bits)
            is_int = -EXACT < number < EXACT and number == int(number) and (number or bits == 0)
            return int(number) if is_int else number
        if bits in (NIL, TRUE, FALSE):
            return None if bits == NIL else bits == TRUE
        return self.text(bits) if kind == KIND_STR else LuaObject(self.heap, bits)

    def from_python(self, value: object) -> int:
        match value:
            case None:
                return NIL
            case bool():
                return TRUE if value else FALSE
            case int() | float():
                return bits_of_number(float(value))
            case bytes():
                return self.string(value)
            case str():
                return self.string(value.encode())
            case LuaObject():
                return value.bits
            case _:
                raise TypeError(f"no Lua value: {value!r}")

    def tostring(self, bits: int) -> bytes:
        """As Lua's `tostring`, without metamethods."""
        kind = kind_of(bits)
        if kind >= NUMBER_FROM:
            return format_number(number_of(bits))
        if kind == KIND_STR:
            return self.text(bits)
        if bits in (NIL, TRUE, FALSE):
            return b"nil" if bits == NIL else b"true" if bits == TRUE else b"false"
        address = bits & POINTER
        if kind == KIND_FUNC and (ffid := Ptr(GCfunc, address).ffid) > 1:
            return b"function: builtin#%d" % ffid
        shown = b"0x%08x" % address if address else b"NULL"
        return b"%s: %s" % (TYPES[kind].encode(), shown)


_NAMED = {b"inf": math.inf, b"infinity": math.inf, b"nan": math.nan}


def parse_number(text: bytes) -> float | None:
    """The number that a string spells, as arithmetic and `tonumber` read it."""
    from jitvm.front.literals import scan_number

    text = text.strip(b" \t\n\v\f\r")
    negative = text.startswith(b"-")
    body = text[1:] if text[:1] in (b"-", b"+") else text
    number = _NAMED.get(body.lower()) if body[:1].isalpha() else scan_number(body)
    if not isinstance(number, (int, float)):
        return None
    return -float(number) if negative else float(number)
