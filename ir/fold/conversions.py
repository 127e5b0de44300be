"""Conversions between number types, and between numbers and strings.

The literal of CONV is `destination << 5 | source`, plus flags; rules match it without the check mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.abort import Abort, TraceError
from ir.fold.engine import conversion, fold
from ir.fold.evaluate import num_to_bit, num_to_int, num_to_int64, wrap64
from ir.heap import string_bytes
from ir.ops import CONV_DST_SHIFT, CONV_SEXT, CONV_SRC_MASK, Op
from ir.passes.flags import OptFlag
from ir.passes.narrow import narrow_convert as backpropagate
from ir.types import IRTYPES, IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder

#: The literal of CONV without its check mode.
CONV_MODE_MASK = 0xFFF
_CSE = int(OptFlag.CSE)
TOSTR_INT, TOSTR_NUM, TOSTR_CHAR = range(3)


def source(mode: int) -> int:
    """Source type of a CONV literal."""
    return mode & CONV_SRC_MASK


def destination(mode: int) -> int:
    """Destination type of a CONV literal."""
    return mode >> CONV_DST_SHIFT & CONV_SRC_MASK


# Constants.


@fold("TOBIT KNUM KNUM")
def kfold_tobit(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """tobit(k)"""
    return b.kint(num_to_bit(left.args[0]))


@fold("CONV KINT num.int")
def kfold_conv_kint_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """num(k)"""
    return b.knum(float(left.args[0]))


@fold("CONV KINT num.u32")
def kfold_conv_kintu32_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """num(unsigned k)"""
    return b.knum(float(left.args[0] & 0xFFFFFFFF))


@fold("CONV KINT int.i8", "CONV KINT int.u8", "CONV KINT int.i16", "CONV KINT int.u16")
def kfold_conv_kint_ext(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Extension of the low 8 or 16 bits"""
    type_ = IRTYPES[source(right)]
    low = left.args[0] & ((1 << 8 * type_.size) - 1)
    if type_.is_signed and low >> (8 * type_.size - 1):
        low -= 1 << 8 * type_.size
    return b.kint(low)


@fold("CONV KINT i64.int", "CONV KINT u64.int", "CONV KINT i64.u32", "CONV KINT u64.u32")
def kfold_conv_kint_i64(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Extension to 64 bits"""
    return b.kint64(left.args[0] if right & CONV_SEXT else left.args[0] & 0xFFFFFFFF)


@fold("CONV KINT64 num.i64")
def kfold_conv_kint64_num_i64(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """num(k)"""
    return b.knum(float(left.args[0]))


@fold("CONV KINT64 num.u64")
def kfold_conv_kint64_num_u64(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """num(unsigned k)"""
    return b.knum(float(left.args[0] & ((1 << 64) - 1)))


@fold("CONV KINT64 int.i64", "CONV KINT64 u32.i64")
def kfold_conv_kint64_int_i64(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Truncation to 32 bits"""
    return b.kint(left.args[0])


@fold("CONV KNUM int.num")
def kfold_conv_knum_int_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """int(k); a guarded conversion of a fraction would always fail"""
    value = num_to_int(left.args[0])
    if ins.guard and left.args[0] != value:
        raise Abort(TraceError.GFAIL)
    return b.kint(value)


@fold("CONV KNUM u32.num")
def kfold_conv_knum_u32_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """u32(k)"""
    return b.kint(num_to_int64(left.args[0]))


@fold("CONV KNUM i64.num", "CONV KNUM u64.num")
def kfold_conv_knum_i64_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """i64(k), u64(k)"""
    value = left.args[0]
    if destination(right) == IRType.U64 and value >= 9223372036854775808.0:
        return b.kint64(wrap64(int(value)) if value < 2.0**64 else 0)
    return b.kint64(num_to_int64(value))


@fold("TOSTR KNUM any")
def kfold_tostr_knum(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """tostring(k)"""
    return None if b.heap is None else b.kstr(b.heap.format_number(left.args[0]))


@fold("TOSTR KINT any")
def kfold_tostr_kint(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """tostring(k), string.char(k)"""
    if b.heap is None:
        return None
    k = left.args[0]
    return b.kstr(bytes([k & 0xFF]) if right == TOSTR_CHAR else str(k).encode())


@fold("STRTO KGC")
def kfold_strto(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins | None:
    """tonumber(k)"""
    if b.heap is None:
        return None
    value = b.heap.parse_number(string_bytes(left.args[0]))
    if value is None:
        raise Abort(TraceError.GFAIL)
    return b.knum(value)


# Conversion of a conversion.


@fold("CONV CONV num.int")
def shortcut_conv_num_int(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """num(int(x))  =>  x, if the inner conversion was checked"""
    if left.phi:
        return None
    value: Ins = left.args[0]
    return value if source(left.args[1]) == IRType.NUM and left.guard else None


@fold("CONV CONV int.num", "CONV CONV u32.num")
def simplify_conv_int_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """int(num(i))  =>  i; even if loop-carried, since such recurrences are slow"""
    value: Ins = left.args[0]
    return value if source(left.args[1]) == destination(right) else None


@fold("CONV CONV i64.num", "CONV CONV u64.num")
def simplify_conv_i64_num(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """i64(num(i))  =>  sign extension of i; i64(num(u32))  =>  u32, whose upper half is zero"""
    if left.phi:
        return None
    value: Ins = left.args[0]
    if source(left.args[1]) == IRType.INT:
        return b.emit(ins.op, ins.type, value, conversion("i64.int") | CONV_SEXT)
    return value if source(left.args[1]) == IRType.U32 else None


@fold("CONV CONV int.i64", "CONV CONV int.u64", "CONV CONV u32.i64", "CONV CONV u32.u64")
def simplify_conv_int_i64(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """int(i64(i))  =>  i, or a conversion of i"""
    inner = source(left.args[1])
    if left.phi or inner not in (IRType.INT, IRType.U32):
        return None
    value: Ins = left.args[0]
    if inner == destination(right):
        return value
    mode = destination(right) << CONV_DST_SHIFT | inner
    return b.emit(ins.op, ins.type, value, mode, guard=ins.guard)


@fold("TOBIT CONV KNUM")
def simplify_tobit_conv(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """tobit(num(i))  =>  i; even if loop-carried"""
    value: Ins = left.args[0]
    if source(left.args[1]) == IRType.INT:
        return value
    if source(left.args[1]) == IRType.U32:
        return b.emit(Op.CONV, ins.type, value, conversion("int.u32"))
    return None


@fold("CONV any i64.int", "CONV any u64.int")
def simplify_conv_sext(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """i64(i)  =>  i, if i is known not to be negative: 32-bit operations clear the upper half"""
    if not right & CONV_SEXT or left.phi:
        return None
    if left.op is Op.XLOAD and left.type in (IRType.U8, IRType.U16):
        return left
    base, offset = left, 0
    if left.op is Op.ADD and left.args[1].op is Op.KINT:
        base, offset = left.args[0], left.args[1].args[0]
    if base is b.scev.idx:
        low = b.scev.start if b.scev.direction else b.scev.stop
        if low is not None and low.op is Op.KINT and low.args[0] + offset >= 0:
            return left
    return None


@fold("CONV any any")
def cse_conv(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """A conversion with a stronger check serves as well"""
    if b.flags & _CSE:
        for other in reversed(b.chain[Op.CONV]):
            if other.ref <= left.ref:
                break
            same = other.args[0] is left and not (other.args[1] ^ right) & CONV_MODE_MASK
            if same and other.guard >= ins.guard:
                return other
    return b.append(ins)


@fold(
    "TOBIT ADD KNUM",
    "TOBIT SUB KNUM",
    "CONV ADD int.num",
    "CONV SUB int.num",
    "CONV ADD i64.num",
    "CONV SUB i64.num",
)
def narrow_convert(b: TraceBuilder, ins: Ins, left: Ins, right: object) -> Ins | None:
    """int(a + b)  =>  int(a) + int(b), where that saves conversions; before the loop only"""
    if left.phi or b.chain[Op.LOOP]:
        return None
    return backpropagate(b, ins)
