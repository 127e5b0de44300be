"""Conversions between number types, and reinterpretation of bits."""

from __future__ import annotations

from ir.arith import conversion
from ir.ops import CONV_SEXT, Op
from ir.types import IRType
from ir.values import Ins
from x64.asm import Label
from x64.encodings import Alu, Cond, Shift, Sse
from x64.lower.registry import Lowering, Rule, lower
from x64.operands import Imm, Mem, RegMem
from x64.regs import GPRS, XMMS, Reg, is_xmm, width_of
from x64.wants import EarlyOut, In, InOut, Out, Rm, Temp

SMALL = frozenset((IRType.I8, IRType.U8, IRType.I16, IRType.U16))
SIGN_BIT = 0x8000000000000000
TWO_63 = 0x43E0000000000000  # 2^63 as a double


@lower(Op.CONV)
def conv(lo: Lowering, ins: Ins) -> Rule:
    value, mode = ins.args
    source, _ = conversion(mode)
    if source is IRType.NUM:
        yield from from_num(lo, ins, value)
    elif ins.type is IRType.NUM:
        yield from to_num(lo, value, source)
    elif source is IRType.FLOAT or ins.type is IRType.FLOAT:
        raise AssertionError(f"{ins}: float only as a memory type")
    else:
        signed = bool(mode & CONV_SEXT) or source.is_signed
        yield from between_integers(lo, ins, value, source, signed)


def between_integers(lo: Lowering, ins: Ins, value: Ins, source: IRType, signed: bool) -> Rule:
    if ins.type in SMALL:
        dst, src = yield Out(), In(value)
        lo.asm.extend(ins.type, dst, src)
        return
    widened = ins.type.size == 8 and source.size < 8
    if widened and signed:
        dst, src = yield Out(), Rm(value)
        lo.asm.extend_signed(dst, src)
    elif widened and lo.selection.zero_extended(value) and value not in lo.selection.fused:
        (_,) = yield (InOut(value),)
    elif widened:
        dst, src = yield Out(), Rm(value)
        lo.asm.zero_extend(dst, src)
    elif value in lo.selection.fused:
        dst, src = yield Out(), Rm(value)
        lo.asm.load(ins.type if ins.type.size < source.size else source, dst, src)
    else:
        (_,) = yield (InOut(value),)


def to_num(lo: Lowering, value: Ins, source: IRType) -> Rule:
    if source is IRType.U32:
        dst, wide, src = yield EarlyOut(), Temp(GPRS), Rm(value)
        lo.asm.sse(Sse.XORPS, dst, dst)
        lo.asm.zero_extend(wide, src)
        lo.asm.int_to_num(64, dst, wide)
    elif source in (IRType.U64, IRType.P64):
        yield from u64_to_num(lo, value)
    else:
        # The zeroing breaks the dependency on the register's old contents.
        dst, src = yield EarlyOut(), In(value) if value.is_const else Rm(value)
        lo.asm.sse(Sse.XORPS, dst, dst)
        lo.asm.int_to_num(width_of(source), dst, src)


def u64_to_num(lo: Lowering, value: Ins) -> Rule:
    """Halve large values, the lost bit or'ed in so that rounding comes out right, and double the result."""
    dst, half, bit, src = yield EarlyOut(), Temp(GPRS), Temp(GPRS), Rm(value)
    large, done = Label("large"), Label("done")
    lo.asm.sse(Sse.XORPS, dst, dst)
    load64(lo, half, src)
    lo.asm.test(64, half, half)
    lo.asm.jump(Cond.S, large)
    lo.asm.int_to_num(64, dst, half)
    lo.asm.jump(None, done)
    lo.asm.label(large)
    lo.asm.move(64, bit, half)
    lo.asm.alu(Alu.AND, 32, bit, Imm(1))
    lo.asm.shift(Shift.SHR, 64, half, 1)
    lo.asm.alu(Alu.OR, 64, half, bit)
    lo.asm.int_to_num(64, dst, half)
    lo.asm.sse(Sse.ADDSD, dst, dst)
    lo.asm.label(done)


def load64(lo: Lowering, dst: Reg, src: RegMem) -> None:
    if isinstance(src, Mem):
        lo.asm.load(IRType.U64, dst, src)
    else:
        lo.asm.move(64, dst, src)


def from_num(lo: Lowering, ins: Ins, value: Ins) -> Rule:
    if ins.type in (IRType.U64, IRType.P64):
        yield from num_to_u64(lo, value)
        return
    width = 64 if ins.type.size == 8 or ins.type is IRType.U32 else 32
    dst, src = yield Out(), Rm(value)
    lo.asm.num_to_int(width, dst, src)
    if ins.type in SMALL:
        lo.asm.extend(ins.type, dst, dst)


def num_to_u64(lo: Lowering, value: Ins) -> Rule:
    """Negative values wrap; those from 2^63 up are converted 2^63 lower."""
    dst, high, src = yield EarlyOut(), Temp(XMMS), Rm(value)
    done = Label("done")
    lo.asm.sse(Sse.MOVSD, high, Mem(pool=TWO_63))
    lo.asm.num_to_int(64, dst, src)
    lo.asm.sse(Sse.UCOMISD, high, src)
    lo.asm.jump(Cond.A, done)
    lo.asm.jump(Cond.P, done)
    lo.asm.sse(Sse.XORPS, high, Mem(pool=SIGN_BIT))
    lo.asm.sse(Sse.ADDSD, high, src)
    lo.asm.num_to_int(64, dst, high)
    lo.asm.flip_bit(dst, 63)
    lo.asm.label(done)


@lower(Op.COPY)
def copy(lo: Lowering, ins: Ins) -> Rule:
    value = ins.args[0]
    if is_xmm(ins) == is_xmm(value):
        (_,) = yield (InOut(value),)
        return
    dst, src = yield Out(), Rm(value) if not value.is_const else In(value)
    if isinstance(src, Mem):
        lo.asm.load(ins.type, dst, src)
    else:
        lo.asm.move(64, dst, src)
