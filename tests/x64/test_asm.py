"""The assembler against iced's decoder, jump relaxation, and the constant pool."""

from __future__ import annotations

import re
import struct
from random import Random

import pytest

from ir.types import IRType
from x64.asm import Assembler, Encoded, Label, RelocKind, encode
from x64.disasm import disassemble
from x64.encodings import Alu, Cond, Shift, Sse, Unary
from x64.operands import Imm, Mem, RegMem
from x64.regs import GPRS, Reg, members

GENERAL = members(GPRS)
NUMBERS = [Reg(n) for n in range(16, 32)]
NAMES32 = "eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d".split()


def texts(asm: Assembler) -> list[str]:
    encoded = encode(asm.take())
    return [text for _, text in disassemble(encoded.data[: encoded.code_size], 0)]


def name(width: int, reg: Reg) -> str:
    return reg.name if width == 64 else NAMES32[reg]


def memory(dice: Random) -> Mem:
    base = dice.choice((None, *GENERAL, Reg.rsp))
    index = dice.choice((None, *GENERAL))
    disp = dice.choice((0, 4, -8, 0x7F, 0x80, -0x81, 0x12345, 0x7FFFFFFF))
    return Mem(
        base, index, dice.choice((1, 2, 4, 8)) if index else 1, disp if base is not None else disp & 0xFFFF
    )


def parts(mem: Mem) -> set[str]:
    """The registers that the text of a memory operand names."""
    return {reg.name for reg in (mem.base, mem.index) if reg is not None}


@pytest.mark.parametrize("op", Alu)
def test_alu(op: Alu) -> None:
    dice = Random(op.value)
    for width in (32, 64):
        for _ in range(40):
            asm, dst = Assembler(), dice.choice(GENERAL)
            src = dice.choice(
                (dice.choice(GENERAL), memory(dice), Imm(dice.choice((1, -1, 127, 128, -70000))))
            )
            asm.alu(op, width, dst, src)
            (text,) = texts(asm)
            mnemonic, _, rest = text.partition(" ")
            assert mnemonic == op.name.lower()
            assert rest.startswith(name(width, dst) + ", ")
            if isinstance(src, Reg):
                assert rest.endswith(", " + name(width, src))
            elif isinstance(src, Mem):
                assert parts(src) <= set(re.findall(r"[a-z0-9]+", rest))


def test_every_register_in_every_role() -> None:
    asm = Assembler()
    for reg in GENERAL:
        asm.load(IRType.U8, reg, Mem(reg))
        asm.load(IRType.I64, reg, Mem(reg, Reg.rax, 8, 16))
        asm.store(IRType.U8, Mem(Reg.rsp), reg)
        asm.setcc(Cond.E, reg)
        asm.move(64, Reg.xmm9, reg)
    found = texts(asm)
    assert len(found) == 5 * len(GENERAL)
    assert "mov [rsp], sil" in found and "mov [rsp], r13b" in found and "sete dil" in found
    assert "movzx ebp, byte [rbp]" in found and "mov r12, [r12+rax*8+0x10]" in found
    assert "movq xmm9, r15" in found


def test_shifts_and_unary() -> None:
    asm = Assembler()
    asm.shift(Shift.SHL, 64, Reg.r9, 3)
    asm.shift(Shift.SAR, 32, Reg.rax, 1)
    asm.shift(Shift.ROR, 32, Reg.rax, None)
    asm.unary(Unary.NEG, 32, Reg.rdi)
    asm.unary(Unary.IDIV, 64, Mem(Reg.rsp, disp=8))
    asm.extend_high(Reg.rsi, Reg.rax)
    asm.lea(64, Reg.rax, Mem(Reg.rbx, Reg.rcx, 4, -12))
    assert texts(asm) == [
        "shl r9, 0x03", "sar eax, 0x01", "ror eax, cl", "neg edi", "idiv qword [rsp+0x8]", "movzx esi, ah",
        "lea rax, [rbx+rcx*4-0xc]",
    ]  # fmt: skip


def test_listing_looks_like_luajits() -> None:
    asm = Assembler()
    asm.alu(Alu.ADD, 32, Reg.rbp, Imm(1))
    asm.alu(Alu.CMP, 32, Reg.rbp, Imm(0xC8))
    asm.alu(Alu.CMP, 32, Mem(Reg.rdx, disp=12), Imm(0xFFF90000))
    asm.load(IRType.NUM, Reg.xmm7, Mem(Reg.rdx, disp=8))
    asm.sse(Sse.ADDSD, Reg.xmm7, Reg.xmm0)
    assert texts(asm) == [
        "add ebp, +0x01", "cmp ebp, 0xc8", "cmp dword [rdx+0xc], 0xfff90000", "movsd xmm7, [rdx+0x8]",
        "addsd xmm7, xmm0",
    ]  # fmt: skip


def jumps_over(count: int) -> tuple[Encoded, Label]:
    """A conditional jump forwards over `count` one-byte instructions, and one back."""
    asm, start, end = Assembler(), Label(), Label()
    asm.label(start)
    asm.jump(Cond.E, end)
    for _ in range(count):
        asm.push(Reg.rax)
    asm.jump(None, start)
    asm.label(end)
    return encode(asm.take()), end


@pytest.mark.parametrize("count", [0, 1, 120, 123, 124, 125, 126, 127, 128, 200, 70000])
def test_jumps_are_as_short_as_they_can_be(count: int) -> None:
    encoded, end = jumps_over(count)
    forwards, back = encoded.data[0], encoded.data[encoded.code_size - 2 : encoded.code_size]
    assert end.offset == encoded.code_size
    if count <= 124:
        assert forwards == 0x74 and back[0] == 0xEB
        assert encoded.data[1] == encoded.code_size - 2
        assert struct.unpack("b", back[1:])[0] == -encoded.code_size
    else:
        assert encoded.data[0] == (0x74 if count + 5 <= 127 else 0x0F)
    targets = [text for _, text in disassemble(encoded.data, 0) if text.startswith("j")]
    assert targets == [f"jz {hex(end.offset)}", "jmp 0x0"]


def test_constants_stand_once_after_the_code() -> None:
    one, two = (int.from_bytes(struct.pack("<d", x), "little") for x in (1.0, 2.0))
    asm = Assembler()
    for bits in (one, two, one):
        asm.sse(Sse.ADDSD, Reg.xmm3, Mem(pool=bits))
    asm.sse(Sse.ANDPS, Reg.xmm3, Mem(pool=(1 << 63) - 1))
    encoded = encode(asm.take())
    pool = encoded.data[(encoded.code_size + 15) // 16 * 16 :]
    assert len(pool) == 32 and pool[:16] == ((1 << 63) - 1).to_bytes(8, "little") * 2
    assert struct.unpack("<dd", pool[16:]) == (1.0, 2.0)


def test_symbols_become_relocations() -> None:
    asm = Assembler()
    asm.call_symbol("f")
    asm.jump_symbol("->3", Cond.NE)
    encoded = encode(asm.take(), base=100)
    found = [(reloc.offset, reloc.kind, reloc.symbol) for reloc in encoded.relocs]
    assert found == [(101, RelocKind.CALL, "f"), (107, RelocKind.TAIL, "->3")]


def test_test_instruction_operands() -> None:
    asm = Assembler()
    cases: list[tuple[int, RegMem]] = [(8, Mem(Reg.rdi, disp=8)), (8, Reg.rsi), (32, Reg.r8), (64, Reg.rax)]
    for width, left in cases:
        asm.test(width, left, Imm(4))
    assert texts(asm) == ["test byte [rdi+0x8], 0x04", "test sil, 0x04", "test r8d, 0x4", "test rax, 0x4"]
