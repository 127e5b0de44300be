"""Slots as bits: constants, type tests on memory, boxing of pointers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ir.ops import CONV_DST_SHIFT, Op
from ir.types import NUMBER_LIMIT_HI, TAG_SHIFT, IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.expand.core import Expander

_MASK = (1 << 64) - 1
POINTER = (1 << TAG_SHIFT) - 1
#: Upper half of a slot that holds the index of a table traversal.
KEYINDEX_HI = 0xFFFE7FFF


def tag_of(type_: IRType) -> int:
    """The tag of a Lua type: its complement."""
    assert type_ <= IRType.UDATA, type_
    return ~int(type_)


def constant_bits(ref: Ins) -> int:
    """A slot that holds a constant."""
    match ref.op:
        case Op.KNUM:
            return int.from_bytes(struct.pack("<d", ref.value), "little")
        case Op.KINT:
            return int.from_bytes(struct.pack("<d", float(ref.value)), "little")
        case Op.KPRI:
            return (tag_of(ref.type) << TAG_SHIFT | POINTER) & _MASK
        case Op.KGC:
            return (tag_of(ref.type) << TAG_SHIFT & _MASK) | int(ref.value)
        case Op.KINT64 | Op.KPTR | Op.KKPTR | Op.KNULL:
            return int(ref.value) & _MASK
        case _:
            raise AssertionError(f"{ref} is no slot constant")


def value_bits(value: Ins, type_: IRType) -> int:
    """A slot that holds a constant of the function, which is of a Lua type."""
    if type_ in (IRType.INT, IRType.U32, IRType.NUM):
        return int.from_bytes(struct.pack("<d", float(value.value)), "little")
    if is_boxed_pointer(type_):
        return (tag_of(type_) << TAG_SHIFT & _MASK) | int(value.value)
    return int(value.value) & _MASK


def is_boxed_pointer(type_: IRType) -> bool:
    """A type whose slot is a tag over a pointer."""
    return type_.is_gc or type_ is IRType.LIGHTUD


def load_slot(x: Expander, address: Ins, offset: int, ins: Ins) -> Ins | None:
    """The value of a slot in memory as `ins` types it; a guard on the type if `ins` is one."""
    type_ = ins.type
    if type_ is IRType.NUM:
        if ins.guard:
            guard_number(x, address, offset)
        return x.load(IRType.NUM, address, offset)
    bits = x.load(IRType.I64, address, offset)
    if type_.is_primitive:
        if ins.guard:
            wanted = x.b.kint(constant_bits(x.trace.consts[type_]), IRType.I64)
            x.guard(Op.EQ, IRType.I64, bits, wanted)
        return x.b.kint(constant_bits(x.trace.consts[type_]), IRType.U64)
    assert is_boxed_pointer(type_), f"{ins} cannot be loaded from a slot"
    return checked_pointer(x, bits, type_) if ins.guard else unbox(x, bits)


def guard_number(x: Expander, address: Ins, offset: int) -> None:
    high = x.load(IRType.U32, address, offset + 4)
    x.guard(Op.ULT, IRType.U32, high, x.b.kint(NUMBER_LIMIT_HI, IRType.U32))


def checked_pointer(x: Expander, bits: Ins, type_: IRType) -> Ins:
    """The pointer, after a guard on the tag: rotated, so that one word serves both."""
    rotated = x.b.emit(Op.BROR, IRType.I64, bits, x.b.kint(TAG_SHIFT))
    tag = x.b.convert(IRType.I16, rotated)
    x.guard(Op.EQ, IRType.INT, tag, x.b.kint(tag_of(type_)))
    return x.b.emit(Op.BSHR, IRType.P64, rotated, x.b.kint(64 - TAG_SHIFT))


def unbox(x: Expander, bits: Ins) -> Ins:
    """The pointer below the tag."""
    shift = x.b.kint(64 - TAG_SHIFT)
    return x.b.emit(Op.BSHR, IRType.P64, x.b.emit(Op.BSHL, IRType.P64, bits, shift), shift)


def boxed(pointer: Ins) -> Ins | None:
    """The slot of known tag that `unbox` made a pointer of."""
    shifted = pointer.args[0] if pointer.op is Op.BSHR else None
    return shifted.args[0] if isinstance(shifted, Ins) and shifted.op is Op.BSHL else None


def slot_bits(x: Expander, ref: Ins) -> Ins:
    """The 64 bits of a slot that holds a value; not for computed doubles, which are stored as such."""
    if ref.is_const:
        return x.b.kint(constant_bits(ref), IRType.U64)
    if ref.type.is_primitive:
        return x.b.kint(constant_bits(x.trace.consts[ref.type]), IRType.U64)
    assert is_boxed_pointer(ref.type), ref
    tag = x.b.kint(tag_of(ref.type) << TAG_SHIFT & _MASK, IRType.U64)
    return x.b.emit(Op.BOR, IRType.U64, x.value(ref), tag)


def store_slot(x: Expander, address: Ins, offset: int, ref: Ins) -> None:
    """Write a value of the trace to a slot in memory."""
    is_number = ref.type is IRType.NUM or (ref.type.is_integer and ref.type.size <= 4)
    if ref.is_const or not is_number:
        x.store(IRType.U64, address, offset, slot_bits(x, ref))
        return
    value = x.value(ref)
    x.store(IRType.NUM, address, offset, value if ref.type is IRType.NUM else to_number(x, value))


def to_number(x: Expander, value: Ins) -> Ins:
    """An integer as a double."""
    return x.b.emit(Op.CONV, IRType.NUM, value, IRType.NUM << CONV_DST_SHIFT | value.type)
