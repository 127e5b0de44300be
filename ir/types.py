"""IR types: THE table of value types, with LuaJIT's numbers and printed names.

Numbers and names are part of the contract with everything that reads a listing, so they are LuaJIT's
(`IRT_*`).  A comparison carries the type of its *operands*; its result is the outcome, which only a guard
(in a trace) or a branch (in native code) may consume.
"""

from __future__ import annotations

from ir.enums import IntEnum


class IRType(IntEnum):
    """NAME = printed name, size in bytes."""

    name3: str
    size: int

    def __new__(cls, name3: str, size: int) -> IRType:
        number = len(cls.__members__)
        self = int.__new__(cls, number)
        self._value_ = number
        self.name3, self.size = name3, size
        return self

    NIL = "nil", 8
    FALSE = "fal", 8
    TRUE = "tru", 8
    LIGHTUD = "lud", 8
    STR = "str", 8
    P32 = "p32", 4
    THREAD = "thr", 8
    PROTO = "pro", 8
    FUNC = "fun", 8
    P64 = "p64", 8
    CDATA = "cdt", 8
    TAB = "tab", 8
    UDATA = "udt", 8
    FLOAT = "flt", 4
    NUM = "num", 8
    I8 = "i8 ", 1
    U8 = "u8 ", 1
    I16 = "i16", 2
    U16 = "u16", 2
    INT = "int", 4
    U32 = "u32", 4
    I64 = "i64", 8
    U64 = "u64", 8
    SOFTFP = "sfp", 8

    # What follows is asked for every operand of every instruction: attributes, set below, not properties.
    is_primitive: bool
    is_integer: bool  # Any integer type, of whatever width and sign.
    is_float: bool
    is_gc: bool  # A pointer to a collectable object.
    is_64: bool  # Held in a full 64-bit general register.
    is_signed: bool


def _classify(type_: IRType) -> None:
    type_.is_primitive = type_ <= IRType.TRUE
    type_.is_integer = IRType.I8 <= type_ <= IRType.U64
    type_.is_float = type_ in (IRType.NUM, IRType.FLOAT)
    type_.is_gc = IRType.STR <= type_ <= IRType.UDATA and type_ not in (IRType.P32, IRType.P64)
    type_.is_64 = type_.size == 8 and type_ is not IRType.NUM
    type_.is_signed = type_ in (IRType.I8, IRType.I16, IRType.INT, IRType.I64)


for _type in IRType:
    _classify(_type)

#: By number; to index it is faster than to call IRType.
IRTYPES = tuple(IRType)
assert (int(IRType.NUM), int(IRType.INT), int(IRType.SOFTFP)) == (14, 19, 23)

# A NaN-boxed slot holds ~type in its upper 17 bits; numbers are everything below ~13 (LuaJIT's GC64 tags).
TAG_NIL, TAG_FALSE, TAG_TRUE, TAG_LIGHTUD, TAG_STR = -1, -2, -3, -4, -5
TAG_UPVAL, TAG_THREAD, TAG_PROTO, TAG_FUNC, TAG_TRACE = -6, -7, -8, -9, -10
TAG_CDATA, TAG_TAB, TAG_UDATA, TAG_NUMX = -11, -12, -13, -14
TAG_SHIFT = 47
#: A slot whose upper 32 bits, unsigned, are below this holds a number.
NUMBER_LIMIT_HI = 0xFFF90000
assert (TAG_NUMX << TAG_SHIFT >> 32) & 0xFFFFFFFF == NUMBER_LIMIT_HI
