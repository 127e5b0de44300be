"""Entry into and exit from the interpreter loop, written in assembler; `vm_leave` is their declared face.

    status = vm_enter(g, L, pc, base, kbase)    from Python through cffi
    return vm.tail(vm_leave, 0, status)         in a handler

`vm_enter` saves the callee-saved registers and `g.cframe`, reserves the scratch space that handlers and
traces spill to, loads the pinned registers, and dispatches.  The stack while inside:

    rsp -> 0x800 bytes of scratch, 16-byte aligned; also `g.cframe`
           the previous `g.cframe`
           r15 r14 r13 r12 rbx rbp, return address
"""

from __future__ import annotations

from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.simulate import Interp, Leave, Next

SCRATCH = 0x800


def _vm_leave(vm: Interp, ra: int, rd: int) -> Next:
    raise Leave(rd - (1 << 64) if rd >> 63 else rd)


_vm_leave.__name__ = "vm_leave"
#: Handler convention: ends the innermost `vm_enter`, which returns `rd`.
vm_leave = NativeFunction(_vm_leave, Kind.STUB)  # type: ignore[arg-type]

#: Signature of `vm_enter`, as `x64/foreign.py` spells it.
ENTER_SIGNATURE = "QQQQQ>q"
EnteredCode = tuple[bytes, list[tuple[int, str]]]


def stubs() -> dict[str, EnteredCode]:
    """Code of every stub, and its rel32 relocations as (offset, symbol)."""
    from x64.exits import EXIT_ENTRY, vm_exit

    return {"vm_enter": (enter_code(), []), vm_leave.symbol: (leave_code(), []), EXIT_ENTRY: vm_exit()}


def enter_code() -> bytes:
    from ir.layout import offset_of
    from ir.objects import VM
    from ir.types import IRType
    from x64.asm import Assembler, encode
    from x64.encodings import Alu, Shift
    from x64.operands import Imm, Mem
    from x64.regs import DISPATCH_OFFSET, Reg

    asm, cframe = Assembler(), offset_of(VM, "cframe")
    for reg in SAVED:
        asm.push(Reg[reg])
    asm.load(IRType.U64, Reg.rax, Mem(Reg.rdi, disp=cframe))
    asm.push(Reg.rax)
    asm.alu(Alu.SUB, 64, Reg.rsp, Imm(SCRATCH))
    asm.store(IRType.U64, Mem(Reg.rdi, disp=cframe), Reg.rsp)
    for dst, src in (("r14", "rdi"), ("rbx", "rdx"), ("rdx", "rcx"), ("r15", "r8")):
        asm.move(64, Reg[dst], Reg[src])
    asm.load(IRType.U32, Reg.rax, Mem(Reg.rbx))
    asm.extend_high(Reg.rcx, Reg.rax)
    asm.extend(IRType.U8, Reg.rbp, Reg.rax)
    asm.alu(Alu.ADD, 64, Reg.rbx, Imm(4))
    asm.shift(Shift.SHR, 32, Reg.rax, 16)
    asm.jump_to(Mem(Reg.r14, Reg.rbp, 8, DISPATCH_OFFSET))
    return encode(asm.take()).data


def leave_code() -> bytes:
    from ir.layout import offset_of
    from ir.objects import VM
    from ir.types import IRType
    from x64.asm import Assembler, encode
    from x64.encodings import Alu
    from x64.operands import Imm, Mem
    from x64.regs import Reg

    asm, cframe = Assembler(), Mem(Reg.r14, disp=offset_of(VM, "cframe"))
    asm.load(IRType.U64, Reg.rsp, cframe)
    asm.alu(Alu.ADD, 64, Reg.rsp, Imm(SCRATCH))
    asm.pop(Reg.rcx)
    asm.store(IRType.U64, cframe, Reg.rcx)
    for reg in reversed(SAVED):
        asm.pop(Reg[reg])
    asm.ret()
    return encode(asm.take()).data


SAVED = ("rbp", "rbx", "r12", "r13", "r14", "r15")
assert (8 + 8 * len(SAVED) + 8 + SCRATCH) % 16 == 0, "handlers find rsp aligned"
