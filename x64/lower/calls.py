"""Calls of native functions and of C functions: System V AMD64, arguments in registers only."""

from __future__ import annotations

from ir.ops import Op
from ir.types import IRType
from ir.values import Ins
from x64.lower.registry import Lowering, Rule, lower
from x64.regs import ARG_GPRS, ARG_XMMS, CALLEE_SAVED, CALLER_SAVED, GPRS, Reg, is_xmm, mask
from x64.wants import Clobber, In, Out, Rm, Want


def argument_registers(args: tuple[Ins, ...]) -> list[Reg]:
    """Where the convention puts these arguments."""
    integers, numbers = iter(ARG_GPRS), iter(ARG_XMMS)
    found = []
    for arg in args:
        reg = next(numbers if is_xmm(arg) else integers, None)
        assert reg is not None, f"more arguments than registers: {args}"
        found.append(reg)
    return found


def argument_wants(args: tuple[Ins, ...]) -> list[Want]:
    return [In(arg, mask(reg)) for arg, reg in zip(args, argument_registers(args))]


def result_wants(ins: Ins) -> list[Want]:
    if ins.type is IRType.NIL:
        return []
    return [Out(mask(Reg.xmm0 if is_xmm(ins) else Reg.rax))]


@lower(Op.CALL)
def call(lo: Lowering, ins: Ins) -> Rule:
    name, *args = ins.args
    yield (*result_wants(ins), Clobber(CALLER_SAVED), *argument_wants(tuple(args)))
    lo.asm.call_symbol(name)


@lower(Op.CALLPTR)
def callptr(lo: Lowering, ins: Ins) -> Rule:
    """A call through memory if the pointer has just been loaded.  No callee is variadic: al is not set."""
    target, *args = ins.args
    registers = argument_registers(tuple(args))
    free = GPRS & ~mask(*(reg for reg in registers if reg < 16)) & ~mask(Reg.rax)
    pointer = (
        In(target, free) if target.is_const else Rm(target, free & (CALLEE_SAVED | mask(Reg.r10, Reg.r11)))
    )
    wants: list[Want] = [*result_wants(ins), Clobber(CALLER_SAVED), pointer, *argument_wants(tuple(args))]
    operands = yield tuple(wants)
    where = operands[len(result_wants(ins)) + 1]
    lo.asm.call(where)
