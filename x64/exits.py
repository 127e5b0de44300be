"""Exit stubs: where a failing guard jumps, and the code they share.

Stubs are four bytes each and come in groups of 32, shared by all traces; a guard of exit N jumps to stub N:

    stub:   push N & 31            the running trace is known from `vmstate`
            jmp short tail
    tail:   push N >> 5
            jmp vm_exit

`vm_exit` dumps all registers into `g.exit_state` and goes on in `trace_resume`, a handler that finds the exit
number in its operand A and restores the Lua stack (`jitvm/interp/exits.py`).  The stack pointer is the
interpreter's on both sides: a trace has no frame of its own.
"""

from __future__ import annotations

from iced_x86 import Code, Instruction

from ir.layout import offset_of
from ir.objects import VM, ExitState
from ir.types import IRType
from x64.asm import Assembler, Label, encode
from x64.encodings import Alu, Shift
from x64.operands import Mem
from x64.regs import HANDLER_A, PINNED_DISPATCH, Reg

GROUP_SIZE = 32
STUB_SIZE = 4
RESUME_HANDLER = "trace_resume"
EXIT_ENTRY = "vm_exit"


def vm_exit() -> tuple[bytes, list[tuple[int, str]]]:
    """Code of `vm_exit`, and its rel32 relocations as (offset, symbol)."""
    asm = Assembler()
    state = offset_of(VM, "exit_state")
    for reg in range(16):
        if reg != Reg.rsp:
            place = Mem(PINNED_DISPATCH, disp=state + offset_of(ExitState, "gpr") + 8 * reg)
            asm.store(IRType.U64, place, Reg(reg))
    for reg in range(16):
        place = Mem(PINNED_DISPATCH, disp=state + offset_of(ExitState, "fpr") + 8 * reg)
        asm.store(IRType.NUM, place, Reg(16 + reg))
    asm.pop(HANDLER_A)
    asm.pop(Reg.rax)
    asm.shift(Shift.SHL, 32, HANDLER_A, GROUP_SIZE.bit_length() - 1)
    asm.alu(Alu.ADD, 32, HANDLER_A, Reg.rax)
    asm.jump_symbol(RESUME_HANDLER)
    encoded = encode(asm.take())
    return encoded.data, [(reloc.offset, reloc.symbol) for reloc in encoded.relocs]


def stub_group(first_exit: int, address: int, exit_entry: int) -> bytes:
    """The stubs of exits `first_exit` .. +31, to be placed at `address`."""
    assert first_exit % GROUP_SIZE == 0, first_exit
    tail = Label("tail")
    asm = Assembler()
    for index in range(GROUP_SIZE):
        asm.body.append(Instruction.create_i32(Code.PUSHQ_IMM8, index))
        asm.jump(None, tail)
    asm.label(tail)
    asm.body.append(Instruction.create_i32(Code.PUSHQ_IMM8, first_exit // GROUP_SIZE))
    head = encode(asm.take()).data
    assert tail.offset == GROUP_SIZE * STUB_SIZE, tail.offset
    distance = exit_entry - (address + len(head) + 5)
    return head + b"\xe9" + distance.to_bytes(4, "little", signed=True)


def group_size() -> int:
    """Bytes of one group."""
    return len(stub_group(0, 0, 0))


