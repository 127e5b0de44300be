"""The types of native Python's values, and the questions the compiler asks about them.

A type is a `Scalar` or `Ptr` of `ir.layout`, or one of the markers below.  Memory types (`u8`, `i16` ...)
exist only behind pointers: `value_type` says what loading one gives.  Integer literals are `LITERAL` until
something with a type stands beside them.
"""

from __future__ import annotations

from typing import Any

from ir.layout import Array, FnPtr, Ptr, Scalar, Struct, f64, i8, i16, i32, i64, u8, u16, u32, u64
from ir.record import dataclass
from ir.types import IRType

Type = Any  # Scalar | Ptr | Marker


@dataclass(frozen=True, slots=True)
class Marker:
    """A type that no memory holds."""

    name: str

    def __repr__(self) -> str:
        return self.name


BOOL = Marker("bool")
LITERAL = Marker("integer literal")
NULL = Marker("None")
VOID = Marker("no value")
NEXT = Marker("Next")
INTERP = Marker("Interp")

INTEGERS = (i32, u32, i64, u64)
SCALARS = (*INTEGERS, f64)
NARROW = (i8, u8, i16, u16)


def is_int(type_: Type) -> bool:
    return type_ in INTEGERS


def is_pointer(type_: Type) -> bool:
    return isinstance(type_, Ptr)


def same(a: Type, b: Type) -> bool:
    """Type equality; pointers are compared by what they point to."""
    if isinstance(a, Ptr) and isinstance(b, Ptr):
        return same(a.target, b.target)
    return a is b


def name_of(type_: Type) -> str:
    match type_:
        case Ptr():
            return f"Ptr[{name_of(type_.target)}]"
        case type():
            return type_.__name__
        case FnPtr():
            return "FnPtr"
        case Array():
            return f"Array[{name_of(type_.to)}, {type_.count}]"
        case _:
            return repr(type_)


def value_type(memory: Type) -> Type:
    """The type of the value that a field or element of type `memory` holds."""
    match memory:
        case Scalar():
            return {i8: i32, i16: i32, u8: u32, u16: u32}.get(memory, memory)
        case FnPtr():
            return u64
        case Array():
            return Ptr(memory.to)
        case type() if issubclass(memory, Struct):
            return Ptr(memory)
        case _:
            return memory


def is_inline(memory: Type) -> bool:
    """An embedded struct or array: its value is its address."""
    return isinstance(memory, Array) or (isinstance(memory, type) and issubclass(memory, Struct))


def ir_type(type_: Type) -> IRType:
    """How the IR calls a type, memory types included."""
    match type_:
        case Scalar():
            return type_.ir
        case Ptr():
            return IRType.P64
        case FnPtr():
            return IRType.U64
        case _:
            assert type_ in (BOOL, VOID), type_
            return IRType.INT if type_ is BOOL else IRType.NIL


def fits(value: int, type_: Scalar) -> bool:
    """An integer literal is in the range of an integer type."""
    low = -(1 << (8 * type_.size - 1)) if type_.signed else 0
    return low <= value < low + (1 << 8 * type_.size)
