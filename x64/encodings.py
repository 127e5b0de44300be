"""iced-x86's codes and registers by our names: the tables the assembler looks up.

A row per instruction family and operand width; a missing combination fails at import, not at run time.
"""

from __future__ import annotations

from typing import cast

from iced_x86 import Code, Code_, Register, Register_

from ir.enums import Enum, IntEnum
from ir.types import IRType
from x64.regs import Reg


def code_of(name: str) -> Code_:
    return cast(Code_, getattr(Code, name))


def _run(first: Register_, count: int) -> tuple[Register_, ...]:
    """Registers that follow each other in iced's numbering."""
    return tuple(cast(Register_, first + i) for i in range(count))


class Alu(Enum):
    """Two-operand integer instructions of one shape."""

    ADD = "ADD"
    OR = "OR"
    AND = "AND"
    SUB = "SUB"
    XOR = "XOR"
    CMP = "CMP"


class Shift(Enum):
    SHL = "SHL"
    SHR = "SHR"
    SAR = "SAR"
    ROL = "ROL"
    ROR = "ROR"


class Unary(Enum):
    NEG = "NEG"
    NOT = "NOT"
    DIV = "DIV"
    IDIV = "IDIV"


class Sse(Enum):
    """Scalar double instructions reg, reg/mem, and the packed logic used on them."""

    ADDSD = "ADDSD_XMM_XMMM64"
    SUBSD = "SUBSD_XMM_XMMM64"
    MULSD = "MULSD_XMM_XMMM64"
    DIVSD = "DIVSD_XMM_XMMM64"
    MINSD = "MINSD_XMM_XMMM64"
    MAXSD = "MAXSD_XMM_XMMM64"
    SQRTSD = "SQRTSD_XMM_XMMM64"
    UCOMISD = "UCOMISD_XMM_XMMM64"
    MOVSD = "MOVSD_XMM_XMMM64"
    CVTSS2SD = "CVTSS2SD_XMM_XMMM32"
    CVTSD2SS = "CVTSD2SS_XMM_XMMM64"
    ANDPS = "ANDPS_XMM_XMMM128"
    XORPS = "XORPS_XMM_XMMM128"
    ANDNPS = "ANDNPS_XMM_XMMM128"
    ORPS = "ORPS_XMM_XMMM128"
    PADDQ = "PADDQ_XMM_XMMM128"


class Cond(IntEnum):
    """Condition of a jump or setcc; the value is the hardware's number, inverted by ^ 1."""

    O = 0x0
    NO = 0x1
    B = 0x2
    AE = 0x3
    E = 0x4
    NE = 0x5
    BE = 0x6
    A = 0x7
    S = 0x8
    NS = 0x9
    P = 0xA
    NP = 0xB
    L = 0xC
    GE = 0xD
    LE = 0xE
    G = 0xF

    @property
    def inverse(self) -> Cond:
        return CONDS[self ^ 1]


CONDS = tuple(Cond)
assert list(CONDS) == list(range(16))

REG8 = _run(Register.AL, 4) + _run(Register.SPL, 12)
HIGH8 = _run(Register.AH, 4)
REG16 = _run(Register.AX, 16)
REG32 = _run(Register.EAX, 16) + _run(Register.XMM0, 16)
REG64 = _run(Register.RAX, 16) + _run(Register.XMM0, 16)
assert REG8[Reg.rdi] == Register.DIL and REG8[Reg.r15] == Register.R15L and REG32[31] == Register.XMM15
OF_WIDTH = {8: REG8, 16: REG16, 32: REG32, 64: REG64}

ALU_RM = {(op, w): code_of(f"{op.value}_R{w}_RM{w}") for op in Alu for w in (8, 16, 32, 64)}
ALU_MR = {(op, w): code_of(f"{op.value}_RM{w}_R{w}") for op in Alu for w in (8, 16, 32, 64)}
ALU_I8 = {(op, w): code_of(f"{op.value}_RM{w}_IMM8") for op in Alu for w in (8, 16, 32, 64)}
ALU_I32 = {(op, w): code_of(f"{op.value}_RM{w}_IMM32") for op in Alu for w in (32, 64)}
ALU_I32 |= {(op, 16): code_of(f"{op.value}_RM16_IMM16") for op in Alu}
SHIFT_I = {(op, w): code_of(f"{op.value}_RM{w}_IMM8") for op in Shift for w in (32, 64)}
SHIFT_1 = {(op, w): code_of(f"{op.value}_RM{w}_1") for op in Shift for w in (32, 64)}
SHIFT_CL = {(op, w): code_of(f"{op.value}_RM{w}_CL") for op in Shift for w in (32, 64)}
UNARY = {(op, w): code_of(f"{op.value}_RM{w}") for op in Unary for w in (32, 64)}
SSE = {op: code_of(op.value) for op in Sse}
SETCC_NAMES = "SETO SETNO SETB SETAE SETE SETNE SETBE SETA SETS SETNS SETP SETNP SETL SETGE SETLE SETG"
SETCC = tuple(code_of(f"{name}_RM8") for name in SETCC_NAMES.split())
CMOVCC = {(cond, w): code_of(f"CMOV{cond.name}_R{w}_RM{w}") for cond in Cond for w in (32, 64)}
LOAD = {
    IRType.I8: (Code.MOVSX_R32_RM8, REG32),
    IRType.U8: (Code.MOVZX_R32_RM8, REG32),
    IRType.I16: (Code.MOVSX_R32_RM16, REG32),
    IRType.U16: (Code.MOVZX_R32_RM16, REG32),
    IRType.NUM: (Code.MOVSD_XMM_XMMM64, REG64),
    IRType.FLOAT: (Code.MOVSS_XMM_XMMM32, REG64),
}
STORE = {8: Code.MOV_RM8_R8, 16: Code.MOV_RM16_R16, 32: Code.MOV_RM32_R32, 64: Code.MOV_RM64_R64}
STORE_IMM = {8: Code.MOV_RM8_IMM8, 16: Code.MOV_RM16_IMM16, 32: Code.MOV_RM32_IMM32, 64: Code.MOV_RM64_IMM32}
EXTEND = {
    IRType.I8: (Code.MOVSX_R32_RM8, REG8),
    IRType.U8: (Code.MOVZX_R32_RM8, REG8),
    IRType.I16: (Code.MOVSX_R32_RM16, REG16),
    IRType.U16: (Code.MOVZX_R32_RM16, REG16),
}
TO_NUM = {32: Code.CVTSI2SD_XMM_RM32, 64: Code.CVTSI2SD_XMM_RM64}
TO_INT = {32: Code.CVTTSD2SI_R32_XMMM64, 64: Code.CVTTSD2SI_R64_XMMM64}
BITS_TO_NUM = {32: Code.MOVD_XMM_RM32, 64: Code.MOVQ_XMM_RM64}
NUM_TO_BITS = {32: Code.MOVD_RM32_XMM, 64: Code.MOVQ_RM64_XMM}
SCAN_NAMES = ("BSF", "BSR")
SCAN = {(name, w): code_of(f"{name}_R{w}_RM{w}") for name in SCAN_NAMES for w in (32, 64)}
