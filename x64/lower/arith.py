"""Arithmetic and bit operations on integers and doubles."""

from __future__ import annotations

from ir.ops import FPM_CEIL, FPM_FLOOR, FPM_SQRT, FPM_TRUNC, Op
from ir.types import IRType
from ir.values import Ins
from x64.encodings import Alu, Cond, Shift, Sse, Unary
from x64.fuse import immediate_of
from x64.lower.registry import Lowering, Rule, lower
from x64.operands import Imm, Mem
from x64.regs import GPRS, HIGH_BYTE, NO_REX, Reg, is_xmm, mask, width_of
from x64.wants import At, Consumed, EarlyOut, In, InOut, Out, Rm, Rmi, Temp

ALU = {Op.ADD: Alu.ADD, Op.SUB: Alu.SUB, Op.BAND: Alu.AND, Op.BOR: Alu.OR, Op.BXOR: Alu.XOR}
SSE = {Op.ADD: Sse.ADDSD, Op.SUB: Sse.SUBSD, Op.MUL: Sse.MULSD, Op.DIV: Sse.DIVSD}
SHIFT = {Op.BSHL: Shift.SHL, Op.BSHR: Shift.SHR, Op.BSAR: Shift.SAR, Op.BROL: Shift.ROL, Op.BROR: Shift.ROR}
ROUND = {FPM_FLOOR: 1, FPM_CEIL: 2, FPM_TRUNC: 3}
SIGN_BIT = 0x8000000000000000
UNSIGNED = frozenset((IRType.U8, IRType.U16, IRType.U32, IRType.U64, IRType.P64, IRType.P32))
LOW_BITS = {0xFF: IRType.U8, 0xFFFF: IRType.U16}


def commuted(lo: Lowering, ins: Ins) -> tuple[Ins, Ins]:
    """Operands of a commutative instruction: memory, immediate or what lives on goes to the right."""
    left, right = ins.args[:2]
    fused = lo.selection.fused
    if left in fused or (left.is_const and not right.is_const):
        return right, left
    if right in fused or right.is_const or not lo.overwrites_right(ins, left, right):
        return left, right
    return right, left


@lower(Op.ADD)
def add(lo: Lowering, ins: Ins) -> Rule:
    left, right = commuted(lo, ins)
    if is_xmm(ins):
        dst, src = yield InOut(left), Rm(right)
        lo.asm.sse(Sse.ADDSD, dst, src)
    elif address := lo.selection.lea(ins):
        dst, mem = yield Out(), At(address)
        lo.asm.lea(64, dst, mem)
    elif right in lo.selection.fused or left.is_const:
        dst, src = yield InOut(left), Rmi(right)
        lo.asm.alu(Alu.ADD, width_of(ins.type), dst, src)
    else:
        yield from add_three(lo, ins, left, right)


def add_three(lo: Lowering, ins: Ins, left: Ins, right: Ins) -> Rule:
    """add if the sum replaces a summand, else lea."""
    width = width_of(ins.type)
    number = immediate_of(right)
    if number is not None:
        dst, src = yield Out(), In(left)
        if dst is src:
            lo.asm.alu(Alu.ADD, width, dst, Imm(number))
        else:
            lo.asm.lea(width, dst, Mem(src, disp=number))
        return
    dst, a, b = yield Out(), In(left), In(right)
    if dst is a:
        lo.asm.alu(Alu.ADD, width, dst, b)
    elif dst is b:
        lo.asm.alu(Alu.ADD, width, dst, a)
    else:
        lo.asm.lea(width, dst, Mem(a, b))


@lower(Op.SUB)
def sub(lo: Lowering, ins: Ins) -> Rule:
    left, right = ins.args
    if is_xmm(ins):
        dst, src = yield InOut(left), Rm(right)
        lo.asm.sse(Sse.SUBSD, dst, src)
        return
    number = immediate_of(right)
    if number is not None and number != -0x80000000 and not left.is_const:
        dst, src = yield Out(), In(left)
        if dst is src:
            lo.asm.alu(Alu.SUB, width_of(ins.type), dst, Imm(number))
        else:
            lo.asm.lea(width_of(ins.type), dst, Mem(src, disp=-number))
        return
    if immediate_of(left) == -1 and right not in lo.selection.fused:
        (dst,) = yield (InOut(right),)
        lo.asm.unary(Unary.NOT, width_of(ins.type), dst)
        return
    dst, src = yield InOut(left), Rmi(right)
    lo.asm.alu(Alu.SUB, width_of(ins.type), dst, src)


@lower(Op.BAND, Op.BOR, Op.BXOR)
def bitwise(lo: Lowering, ins: Ins) -> Rule:
    if (whole := lo.selection.high_byte(ins)) is not None and not whole.is_const:
        dst, src = yield Out(NO_REX), In(whole, HIGH_BYTE)
        lo.asm.extend_high(dst, src)
        return
    left, right = commuted(lo, ins)
    if ins.op is Op.BAND and right.is_const and int(right.value) in LOW_BITS and not left.is_const:
        dst, src = yield Out(), In(left)
        lo.asm.extend(LOW_BITS[int(right.value)], dst, src)
        return
    dst, src = yield InOut(left), Rmi(right)
    lo.asm.alu(ALU[ins.op], width_of(ins.type), dst, src)


@lower(Op.BNOT)
def bnot(lo: Lowering, ins: Ins) -> Rule:
    (dst,) = yield (InOut(ins.args[0]),)
    lo.asm.unary(Unary.NOT, width_of(ins.type), dst)


@lower(Op.BSWAP)
def bswap(lo: Lowering, ins: Ins) -> Rule:
    (dst,) = yield (InOut(ins.args[0]),)
    lo.asm.bswap(width_of(ins.type), dst)


@lower(Op.BSHL, Op.BSHR, Op.BSAR, Op.BROL, Op.BROR)
def shift(lo: Lowering, ins: Ins) -> Rule:
    left, count = ins.args
    width = width_of(ins.type)
    if count.is_const:
        number = int(count.value) & (width - 1)
        (dst,) = yield (InOut(left),)
        if number:
            lo.asm.shift(SHIFT[ins.op], width, dst, number)
    else:
        dst, _ = yield InOut(left, GPRS & ~mask(Reg.rcx)), In(count, mask(Reg.rcx))
        lo.asm.shift(SHIFT[ins.op], width, dst, None)


@lower(Op.MUL)
def mul(lo: Lowering, ins: Ins) -> Rule:
    left, right = commuted(lo, ins)
    width = width_of(ins.type)
    if is_xmm(ins):
        dst, src = yield InOut(left), Rm(right)
        lo.asm.sse(Sse.MULSD, dst, src)
        return
    number = immediate_of(right)
    if number is None:
        dst, src = yield InOut(left), Rm(right)
        lo.asm.imul(width, dst, src)
    elif left.is_const:
        (dst,) = yield (InOut(left),)
        lo.asm.imul_const(width, dst, dst, number)
    elif number in (3, 5, 9) and left not in lo.selection.fused:
        dst, src = yield Out(), In(left)
        lo.asm.lea(width, dst, Mem(src, src, number - 1))
    elif number > 0 and number & (number - 1) == 0 and left not in lo.selection.fused:
        (dst,) = yield (InOut(left),)
        if number > 1:
            lo.asm.shift(Shift.SHL, width, dst, number.bit_length() - 1)
    else:
        dst, src = yield Out(), Rm(left)
        lo.asm.imul_const(width, dst, src, number)


@lower(Op.DIV)
def div(lo: Lowering, ins: Ins) -> Rule:
    if is_xmm(ins):
        dst, src = yield InOut(ins.args[0]), Rm(ins.args[1])
        lo.asm.sse(Sse.DIVSD, dst, src)
    else:
        yield from idiv(lo, ins)


@lower(Op.IDIV)
def idiv(lo: Lowering, ins: Ins) -> Rule:
    """The dividend is in rdx:rax; the quotient replaces it."""
    left, right = ins.args
    _, _, divisor = yield InOut(left, mask(Reg.rax)), Temp(mask(Reg.rdx)), divisor_want(lo, right)
    divide(lo, ins, divisor)


@lower(Op.IREM, Op.MOD)
def irem(lo: Lowering, ins: Ins) -> Rule:
    """Truncating remainder of integers."""
    assert not is_xmm(ins), ins
    left, right = ins.args
    _, _, divisor = yield EarlyOut(mask(Reg.rdx)), Consumed(left, mask(Reg.rax)), divisor_want(lo, right)
    divide(lo, ins, divisor)


def divisor_want(lo: Lowering, divisor: Ins) -> In:
    anywhere = GPRS & ~mask(Reg.rax, Reg.rdx)
    return In(divisor, anywhere) if divisor.is_const else Rm(divisor, anywhere)


def divide(lo: Lowering, ins: Ins, divisor: Reg | Mem) -> None:
    width = width_of(ins.type)
    if ins.type in UNSIGNED:
        lo.asm.alu(Alu.XOR, 32, Reg.rdx, Reg.rdx)
        lo.asm.unary(Unary.DIV, width, divisor)
    else:
        lo.asm.sign_into_rdx(width)
        lo.asm.unary(Unary.IDIV, width, divisor)


@lower(Op.NEG)
def neg(lo: Lowering, ins: Ins) -> Rule:
    (dst,) = yield (InOut(ins.args[0]),)
    if is_xmm(ins):
        lo.asm.sse(Sse.XORPS, dst, Mem(pool=SIGN_BIT))
    else:
        lo.asm.unary(Unary.NEG, width_of(ins.type), dst)


@lower(Op.ABS)
def absolute(lo: Lowering, ins: Ins) -> Rule:
    assert is_xmm(ins), ins
    (dst,) = yield (InOut(ins.args[0]),)
    lo.asm.sse(Sse.ANDPS, dst, Mem(pool=SIGN_BIT - 1))


@lower(Op.MIN, Op.MAX)
def minimum(lo: Lowering, ins: Ins) -> Rule:
    """On doubles minsd and maxsd: the second operand if either is NaN or both are zero."""
    left, right = ins.args
    if is_xmm(ins):
        dst, src = yield InOut(left), Rm(right)
        lo.asm.sse(Sse.MINSD if ins.op is Op.MIN else Sse.MAXSD, dst, src)
        return
    width = width_of(ins.type)
    dst, src = yield InOut(left), In(right)
    lo.asm.alu(Alu.CMP, width, dst, src)
    lo.asm.cmov(minimum_condition(ins), width, dst, src)


def minimum_condition(ins: Ins) -> Cond:
    if ins.type in UNSIGNED:
        return Cond.A if ins.op is Op.MIN else Cond.B
    return Cond.G if ins.op is Op.MIN else Cond.L


@lower(Op.FPMATH)
def fpmath(lo: Lowering, ins: Ins) -> Rule:
    value, kind = ins.args
    if kind == FPM_SQRT:
        dst, src = yield Out(), Rm(value)
        lo.asm.sse(Sse.SQRTSD, dst, src)
        return
    assert kind in ROUND, f"{ins} has no machine instruction"
    dst, src = yield Out(), Rm(value)
    lo.asm.round(dst, src, ROUND[kind])


@lower(Op.CTZ)
def trailing_zeros(lo: Lowering, ins: Ins) -> Rule:
    dst, src = yield Out(), bits_want(ins.args[0])
    lo.asm.scan("BSF", 32, dst, src)


@lower(Op.CLZ)
def leading_zeros(lo: Lowering, ins: Ins) -> Rule:
    """bsr finds the number of the highest bit, which is 31 less the zeros above it."""
    dst, src = yield Out(), bits_want(ins.args[0])
    lo.asm.scan("BSR", 32, dst, src)
    lo.asm.alu(Alu.XOR, 32, dst, Imm(31))


def bits_want(value: Ins) -> In:
    return In(value) if value.is_const else Rm(value)
