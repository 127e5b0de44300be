"""Ends of blocks: return, jump, and the ends of interpreter handlers.  `BR` stands with the comparisons."""

from __future__ import annotations

from ir.ops import Op
from ir.types import IRType
from ir.values import Ins
from x64.asm import Epilogue
from x64.encodings import Alu, Shift
from x64.lower.registry import Lowering, Rule, lower
from x64.operands import Imm, Mem
from x64.regs import (
    DISPATCH_OFFSET,
    GPRS,
    HANDLER_A,
    HANDLER_D,
    PINNED_BASE,
    PINNED_DISPATCH,
    PINNED_KBASE,
    PINNED_PC,
    Reg,
    is_xmm,
    mask,
)  # fmt: skip
from x64.wants import Consumed, In, Rm, Temp, Want

PINNED = (PINNED_BASE, PINNED_PC, PINNED_KBASE, PINNED_DISPATCH)
OPCODE = Reg.rbp


@lower(Op.JMP)
def jmp(lo: Lowering, ins: Ins) -> Rule:
    """The jump itself is the layout's."""
    yield ()


@lower(Op.RET)
def ret(lo: Lowering, ins: Ins) -> Rule:
    if ins.args:
        value = ins.args[0]
        yield (In(value, mask(Reg.xmm0 if is_xmm(value) else Reg.rax)),)
    else:
        yield ()
    lo.asm.body.append(Epilogue())


def pinned_wants(values: tuple[Ins, ...]) -> list[Want]:
    return [In(value, mask(reg)) for value, reg in zip(values, PINNED)]


@lower(Op.NEXT)
def next_instruction(lo: Lowering, ins: Ins) -> Rule:
    """Fetch, decode and jump; with a fifth operand the word has been fetched already."""
    base, pc, kbase, dispatch, *word = ins.args
    asm, rax, rcx = lo.asm, HANDLER_D, HANDLER_A
    keep = [In(base, mask(PINNED_BASE)), In(kbase, mask(PINNED_KBASE)), In(dispatch, mask(PINNED_DISPATCH))]
    if word:
        keep.append(In(pc, mask(PINNED_PC)))
        yield (*keep, Consumed(word[0], mask(rax)), Temp(mask(rcx)), Temp(mask(OPCODE)))
    else:
        yield (*keep, Consumed(pc, mask(PINNED_PC)), Temp(mask(rax)), Temp(mask(rcx)), Temp(mask(OPCODE)))
        asm.load(IRType.U32, rax, Mem(PINNED_PC))
    asm.extend_high(rcx, rax)
    asm.extend(IRType.U8, OPCODE, rax)
    if not word:
        asm.alu(Alu.ADD, 64, PINNED_PC, Imm(4))
    asm.shift(Shift.SHR, 32, rax, 16)
    asm.jump_to(Mem(PINNED_DISPATCH, OPCODE, 8, DISPATCH_OFFSET))


@lower(Op.TAIL)
def tail(lo: Lowering, ins: Ins) -> Rule:
    name, *values = ins.args
    yield tuple(handler_wants(values))
    lo.asm.jump_symbol(name)


@lower(Op.TAILPTR)
def tailptr(lo: Lowering, ins: Ins) -> Rule:
    target, *values = ins.args
    taken = mask(*PINNED, HANDLER_A, HANDLER_D)
    *_, where = yield (*handler_wants(values), Rm(target, GPRS & ~taken))
    lo.asm.jump_to(where)


def handler_wants(values: list[Ins]) -> list[Want]:
    """Pinned state and the two operands where a handler expects them."""
    operands = [In(value, mask(reg)) for value, reg in zip(values[4:], (HANDLER_A, HANDLER_D))]
    return [*pinned_wants(tuple(values[:4])), *operands]
