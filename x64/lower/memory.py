"""Loads and stores through pointers."""

from __future__ import annotations

from ir.layout import offset_of
from ir.objects import VM, GCObject
from ir.ops import Op
from ir.types import IRType
from ir.values import Convention, Ins
from x64.asm import Label
from x64.encodings import Alu, Cond, Sse
from x64.fuse import bits_of, immediate_of
from x64.lower.registry import Lowering, Rule, lower
from x64.operands import Imm, Mem, fits32, signed
from x64.regs import GPRS, XMMS, is_xmm
from x64.wants import At, In, Out, Temp

SMALL = frozenset((IRType.I8, IRType.U8, IRType.I16, IRType.U16))


def deserves_register(lo: Lowering, store: Ins, value: Ins) -> bool:
    """A wide constant that a trace stores in its loop, or more than once: one register for all."""
    if lo.fn.convention is not Convention.TRACE or store.type.size < 8 or immediate_of(value) is not None:
        return False
    if fits32(signed(bits_of(value), 64)):
        return False  # Such as 0.0.
    return lo.selection.block_of[store] > 0 or lo.selection.uses[value] > 1


@lower(Op.XLOAD)
def xload(lo: Lowering, ins: Ins) -> Rule:
    dst, mem = yield Out(), At(lo.selection.address(ins.args[0]))
    lo.asm.load(ins.type, dst, mem)


@lower(Op.XSTORE)
def xstore(lo: Lowering, ins: Ins) -> Rule:
    """The type of the instruction is that of the memory; the value may be wider."""
    address = lo.selection.address(ins.args[0])
    value = ins.args[1]
    if ins.type is IRType.FLOAT:
        mem, single, src = yield At(address), Temp(XMMS), In(value)
        lo.asm.sse(Sse.CVTSD2SS, single, src)
        lo.asm.store(ins.type, mem, single)
    elif not value.is_const or deserves_register(lo, ins, value):
        mem, src = yield At(address), In(value)
        lo.asm.store(ins.type, mem, src)
    else:
        bits = signed(bits_of(value), 64 if is_xmm(value) or value.type.size == 8 else 32)
        integer = IRType.I64 if ins.type.size == 8 else ins.type
        if ins.type.size < 8 or fits32(bits):
            (mem,) = yield (At(address),)
            lo.asm.store(integer, mem, Imm(bits))
        else:
            mem, tmp = yield At(address), Temp(GPRS)
            lo.asm.constant(tmp, bits & 0xFFFFFFFFFFFFFFFF)
            lo.asm.store(integer, mem, tmp)


@lower(Op.BARRIER)
def barrier(lo: Lowering, ins: Ins) -> Rule:
    """An object of the color of the cycle loses it, and is appended to the objects to be traversed again."""
    owner, g, tmp = yield In(ins.args[0]), In(ins.args[1]), Temp(GPRS)
    done = Label("done")
    color, end = Mem(owner, disp=offset_of(GCObject, "color")), Mem(g, disp=offset_of(VM, "gc_again"))
    lo.asm.load(IRType.U8, tmp, color)
    lo.asm.alu(Alu.CMP, 32, tmp, Mem(g, disp=offset_of(VM, "gc_color")))
    lo.asm.jump(Cond.NE, done)
    lo.asm.store(IRType.U8, color, Imm(0))
    lo.asm.load(IRType.U64, tmp, end)
    lo.asm.store(IRType.U64, Mem(tmp), owner)
    lo.asm.alu(Alu.ADD, 64, end, Imm(8))
    lo.asm.label(done)
