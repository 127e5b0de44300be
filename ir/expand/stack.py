"""Rules for the Lua stack: SLOAD, RETF, and the end of a trace that does not loop."""

from __future__ import annotations

from ir.expand.boxing import (
    KEYINDEX_HI,
    constant_bits,
    guard_number,
    is_boxed_pointer,
    load_slot,
    tag_of,
    to_number,
)
from ir.expand.core import EXPAND, FIRST_SLOT, Expander, links_to_trace, machine_type
from ir.ops import CONV_DST_SHIFT, SLOAD_FRAME, SLOAD_KEYINDEX, SLOAD_MARKED, SLOAD_PARENT, Op
from ir.types import TAG_SHIFT, IRType
from ir.values import ExitSlot, Ins

#: Symbol of the stub that continues in the interpreter, with BASE and PC.
RESUME = "vm_trace_leave"


@EXPAND(Op.BASE, Op.LOOP, Op.USE, Op.PROF, Op.RENAME, Op.PVAL)
def nothing(x: Expander, ins: Ins) -> None:
    """Marks for listings and for the passes."""


@EXPAND(Op.SLOAD)
def sload(x: Expander, ins: Ins) -> Ins | None:
    slot, flags = ins.args
    offset = 8 * (slot - FIRST_SLOT)
    if ins.type.is_primitive and flags & SLOAD_PARENT:
        return x.b.kint(constant_bits(x.trace.consts[ins.type]), IRType.U64)
    if flags & SLOAD_KEYINDEX:
        if flags & SLOAD_MARKED:
            high = x.load(IRType.U32, x.base, offset + 4)
            x.guard(Op.EQ, IRType.U32, high, x.b.kint(KEYINDEX_HI, IRType.U32))
        return x.load(IRType.INT, x.base, offset)
    if flags & SLOAD_FRAME:
        return x.load(machine_type(ins.type), x.base, offset)  # A frame link, as it is.
    if ins.type is IRType.INT:
        return sload_int(x, ins, offset)
    return load_slot(x, x.base, offset, ins)


def sload_int(x: Expander, ins: Ins, offset: int) -> Ins:
    """A slot with a double that is an integer: known to be one, or checked."""
    if ins.guard:
        guard_number(x, x.base, offset)
    number = x.load(IRType.NUM, x.base, offset)
    value = x.b.emit(Op.CONV, IRType.INT, number, IRType.INT << CONV_DST_SHIFT | IRType.NUM)
    if ins.guard:
        x.guard(Op.EQ, IRType.NUM, number, to_number(x, value))
    return value


@EXPAND(Op.RETF)
def retf(x: Expander, ins: Ins) -> None:
    """Return to the frame below: guard its return address, then move BASE down.

    The caller's frame is known from the call instruction before the return address."""
    return_pc = x.value(ins.args[1])
    link = x.load(IRType.P64, x.base, -8)
    x.guard(Op.EQ, IRType.P64, link, return_pc)
    delta = frame_delta(int(ins.args[1].value))
    x.base = x.pointer(x.base, -8 * delta)
    x.room += delta
    x.global_store("jit_base", IRType.P64, x.base)


def frame_delta(return_pc: int) -> int:
    """Slots between the frames of a caller and of what it called from before `return_pc`."""
    from ir.expand.resume import opcode_at

    return FIRST_SLOT + (opcode_at(return_pc - 4) >> 8 & 0xFF)


def write_slot(x: Expander, slot: ExitSlot) -> None:
    """What an exit would restore, as code."""
    offset = 8 * slot.slot
    value = slot.value
    if value is None:
        bits = x.b.kint(slot.bits, IRType.U64)
        x.store(IRType.U64, x.base, offset, bits)
    elif slot.is_keyindex:
        x.store(IRType.U32, x.base, offset, value)
        x.store(IRType.U32, x.base, offset + 4, x.b.kint(KEYINDEX_HI, IRType.U32))
    elif is_boxed_pointer(slot.type):
        tag = x.b.kint(tag_of(slot.type) << TAG_SHIFT, IRType.U64)
        x.store(IRType.U64, x.base, offset, x.b.emit(Op.BOR, IRType.U64, value, tag))
    elif slot.type is IRType.NUM:
        x.store(IRType.NUM, x.base, offset, value)
    elif slot.type in (IRType.INT, IRType.U32):
        x.store(IRType.NUM, x.base, offset, to_number(x, value))
    else:
        x.store(IRType.U64, x.base, offset, value)


def leave(x: Expander) -> None:
    """The end of a trace: write back the last snapshot, move BASE, jump on."""
    exit_ = x._exit(len(x.trace.snaps) - 1)
    if exit_.need > x.room:
        x.stack_check(exit_.need)
    for slot in exit_.slots:
        write_slot(x, slot)
    base = x.pointer(x.base, 8 * exit_.base_delta)
    if links_to_trace(x.trace):
        x.link = exit_
        if exit_.base_delta:
            x.global_store("jit_base", IRType.P64, base)
        x.b.end(Op.LINK, x.link_name(x.trace.link), base)
        return
    if exit_.multres:
        x.global_store("multres", IRType.U64, x.b.kint(exit_.multres, IRType.U64))
    x.b.end(Op.LINK, RESUME, base, x.b.kint(exit_.pc, IRType.P64))
