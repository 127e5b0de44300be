"""Rules for arithmetic, conversions and guarded comparisons.

Most opcodes mean in a function what they mean in a trace; only types and guards change.
"""

from __future__ import annotations

from ir.expand.boxing import boxed, constant_bits, to_number
from ir.expand.core import EXPAND, Expander, machine_type
from ir.layout import offset_of
from ir.objects import VM
from ir.ops import (
    CONV_CHECK_SHIFT,
    CONV_DST_SHIFT,
    CONV_SEXT,
    CONV_SRC_MASK,
    FPM_LOG,
    FPM_LOG2,
    FPM_SQRT,
    Op,
)
from ir.types import IRTYPES, IRType
from ir.values import Ins


@EXPAND(Op.LT, Op.GE, Op.LE, Op.GT, Op.ULT, Op.UGE, Op.ULE, Op.UGT, Op.EQ, Op.NE)
def comparison(x: Expander, ins: Ins) -> None:
    """Operands of one Lua type; objects compare as pointers."""
    left, right = ins.args
    if ins.op is Op.EQ and right.op is Op.KGC and (bits := boxed(x.value(left))) is not None:
        x.guard(Op.EQ, IRType.U64, bits, x.b.kint(constant_bits(right), IRType.U64))
        return
    type_ = machine_type(ins.type)
    if ins.type is IRType.U8:
        type_ = IRType.U32
    a, b = operand(x, ins.args[0], type_), operand(x, ins.args[1], type_)
    x.guard(ins.op, type_, a, b)


def operand(x: Expander, ref: Ins, type_: IRType) -> Ins:
    """A null pointer constant is zero; among words of 64 bits an integer is extended."""
    if ref.op is Op.KNULL or (ref.op is Op.KINT and type_.is_integer and type_.size == 8):
        return x.b.kint(int(ref.value), type_)
    value = x.value(ref)
    if type_.is_integer and type_.size == 8 and value.type.size == 4:
        return x.b.emit(Op.CONV, IRType.I64, value, IRType.I64 << CONV_DST_SHIFT | IRType.INT | CONV_SEXT)
    return value


@EXPAND(Op.ADD, Op.SUB, Op.BAND, Op.BOR, Op.BXOR)
def mixed(x: Expander, ins: Ins) -> Ins:
    """Pointers and integers of either size."""
    type_ = machine_type(ins.type)
    return x.b.emit(ins.op, type_, *[operand(x, arg, type_) for arg in ins.args])


@EXPAND(
    Op.BNOT, Op.BSWAP, Op.BSHL, Op.BSHR, Op.BSAR, Op.BROL, Op.BROR, Op.MUL, Op.DIV, Op.MIN, Op.MAX
)
def same(x: Expander, ins: Ins) -> Ins:
    return x.b.emit(ins.op, machine_type(ins.type), *[x.value(arg) for arg in ins.args])


@EXPAND(Op.NEG, Op.ABS)
def sign(x: Expander, ins: Ins) -> Ins:
    """The second operand, LuaJIT's mask for doubles, is the lowering's business."""
    value = x.value(ins.args[0])
    return x.b.emit(ins.op, machine_type(ins.type), value, value)


@EXPAND(Op.MOD)
def modulo(x: Expander, ins: Ins) -> Ins:
    """Lua's % on integers has the sign of the divisor; the recorder has guarded that this is not 0."""
    left, right = x.value(ins.args[0]), x.value(ins.args[1])
    if not right.is_const or right.value <= 0:
        return x.call("trace_vm_modi", IRType.INT, x.g, left, right)
    rest = x.b.emit(Op.IREM, IRType.INT, left, right)
    negative = x.b.emit(Op.BSAR, IRType.INT, rest, x.b.kint(31))
    return x.b.emit(Op.ADD, IRType.INT, rest, x.b.emit(Op.BAND, IRType.INT, negative, right))


@EXPAND(Op.ADDOV, Op.SUBOV, Op.MULOV)
def overflowing(x: Expander, ins: Ins) -> Ins:
    left, right = (x.value(arg) for arg in ins.args)
    value = x.b.emit(ins.op, IRType.INT, left, right, x.exit())
    value.guard = True
    return value


@EXPAND(Op.CONV)
def conversion(x: Expander, ins: Ins) -> Ins:
    mode = ins.args[1]
    source, value = IRTYPES[mode & CONV_SRC_MASK], x.value(ins.args[0])
    plain = mode & ((1 << CONV_CHECK_SHIFT) - 1)
    if source is IRType.INT and ins.type.size == 8 and ins.type is not IRType.NUM and not mode & CONV_SEXT:
        plain += IRType.U32 - IRType.INT  # "u64.int" without "sext": zero-extended.
    converted = x.b.emit(Op.CONV, machine_type(ins.type), value, plain)
    if ins.guard and source is IRType.NUM:
        x.guard(Op.EQ, IRType.NUM, value, to_number(x, converted))
    return converted


@EXPAND(Op.TOBIT)
def to_bit(x: Expander, ins: Ins) -> Ins:
    """Adding 2^52 + 2^51 moves the integer part of a double into its low 32 bits."""
    biased = x.b.emit(Op.ADD, IRType.NUM, x.value(ins.args[0]), x.value(ins.args[1]))
    bits = x.b.emit(Op.COPY, IRType.I64, biased)
    return x.b.convert(IRType.INT, bits)


@EXPAND(Op.FPMATH)
def float_function(x: Expander, ins: Ins) -> Ins:
    function, value = ins.args[1], x.value(ins.args[0])
    if function <= FPM_SQRT:
        return x.b.emit(Op.FPMATH, IRType.NUM, value, function)
    return extern(x, {FPM_LOG: "log", FPM_LOG2: "log2"}[function], IRType.NUM, value)


def extern(x: Expander, field: str, type_: IRType, *args: Ins) -> Ins:
    """A System V function outside the image, through its pointer in the VM struct."""
    pointer = x.load(IRType.P64, x.g, offset_of(VM, field))
    return x.b.emit(Op.CALLPTR, type_, pointer, *args)


@EXPAND(Op.POW)
def power(x: Expander, ins: Ins) -> Ins:
    exponent = ins.args[1]
    right = x.value(exponent)
    if exponent.type is not IRType.NUM:
        right = to_number(x, right)
    return extern(x, "pow", IRType.NUM, x.value(ins.args[0]), right)


@EXPAND(Op.LDEXP)
def load_exponent(x: Expander, ins: Ins) -> Ins:
    right = x.value(ins.args[1])
    if right.type is IRType.NUM:
        right = x.b.emit(Op.CONV, IRType.INT, right, IRType.INT << CONV_DST_SHIFT | IRType.NUM)
    return extern(x, "ldexp", IRType.NUM, x.value(ins.args[0]), right)
