"""A thin typed layer over iced-x86: one method per instruction family, labels, branches, encoding.

Methods append to `body`; whoever drives the assembler (the allocator, backwards; the layout, forwards) takes
the items away and orders them.  `encode` turns an ordered list of items into bytes:

    asm.alu(Alu.ADD, 32, Reg.rbp, Imm(1))          add ebp, 1
    asm.load(IRType.U8, Reg.rax, Mem(Reg.rdx))     movzx eax, byte [rdx]

Everything but a jump is encoded once; jumps start short and grow until all displacements fit, so that a
pass is linear and there is no re-encoding.  Not here: which register, which instruction.
"""

from __future__ import annotations

from iced_x86 import Code, Code_, Encoder, Instruction, MemoryOperand, Register, Register_

from ir.enums import Enum
from ir.record import dataclass
from ir.types import IRType
from x64.encodings import (
    ALU_I8,
    ALU_I32,
    ALU_MR,
    ALU_RM,
    BITS_TO_NUM,
    CMOVCC,
    EXTEND,
    HIGH8,
    LOAD,
    NUM_TO_BITS,
    OF_WIDTH,
    REG8,
    REG32,
    REG64,
    SCAN,
    SETCC,
    SHIFT_1,
    SHIFT_CL,
    SHIFT_I,
    SSE,
    STORE,
    STORE_IMM,
    TO_INT,
    TO_NUM,
    UNARY,
    Alu,
    Cond,
    Shift,
    Sse,
    Unary,
    code_of,
)  # fmt: skip
from x64.operands import Imm, Mem, Operand, RegMem, fits8, fits32, signed
from x64.regs import Reg


class Label:
    """A place in the code.  `offset` is known after `encode`."""

    __slots__ = ("name", "offset")

    def __init__(self, name: str = "") -> None:
        self.name, self.offset = name, -1

    def __repr__(self) -> str:
        return f"<{self.name or 'label'}>"


class RelocKind(Enum):
    """What a relocation patches, and how."""

    CALL = "call"  # rel32 of a call to a symbol
    TAIL = "tail"  # rel32 of a jmp or jcc to a symbol
    ABS64 = "abs64"  # eight bytes: the symbol's address


@dataclass(frozen=True, slots=True)
class Reloc:
    offset: int
    kind: RelocKind
    symbol: str


@dataclass(slots=True)
class Jump:
    """A jump to a label, always when `cond` is None."""

    cond: Cond | None
    target: Label


@dataclass(slots=True)
class SymbolJump:
    """call, jmp or jcc (`cond`) to a symbol, rel32 and relocated."""

    kind: RelocKind
    symbol: str
    cond: Cond | None = None


@dataclass(slots=True)
class Raw:
    """Bytes as they are, with relocations relative to them."""

    data: bytes
    relocs: tuple[Reloc, ...] = ()


@dataclass(slots=True)
class Pooled:
    """An instruction with a RIP-relative operand in the constant pool: `bits`, 8 or 16 bytes of them."""

    instruction: Instruction
    bits: int
    size: int


@dataclass(slots=True)
class Epilogue:
    """Where a function returns; replaced by pops and ret once the frame is known."""


Item = Instruction | Label | Jump | SymbolJump | Raw | Pooled | Epilogue


class Assembler:
    """Appends items to `body`."""

    __slots__ = ("body",)

    def __init__(self) -> None:
        self.body: list[Item] = []

    # -- plumbing ------------------------------------------------------------------------------------------
    def take(self) -> list[Item]:
        """What was emitted since the last call."""
        body, self.body = self.body, []
        return body

    def reg_rm(
        self, code: Code_, dst: Register_, src: RegMem, names: tuple[Register_, ...], size: int = 8
    ) -> None:
        """Instruction `code` with an iced register and a register or memory operand."""
        if isinstance(src, Reg):
            self.body.append(Instruction.create_reg_reg(code, dst, names[src]))
        elif src.pool is not None:
            memory = MemoryOperand(Register.RIP, displ=0, displ_size=8)
            self.body.append(Pooled(Instruction.create_reg_mem(code, dst, memory), src.pool, size))
        else:
            self.body.append(Instruction.create_reg_mem(code, dst, operand(src)))

    def plain(self, code: Code_) -> None:
        self.body.append(Instruction.create(code))

    # -- integers ------------------------------------------------------------------------------------------
    def alu(self, op: Alu, width: int, dst: RegMem, src: Operand) -> None:
        names = OF_WIDTH[width]
        if isinstance(src, Imm):
            value = signed(src.value, width)
            code = ALU_I8[op, width] if fits8(value) else ALU_I32[op, width]
            if isinstance(dst, Reg):
                self.body.append(Instruction.create_reg_i32(code, names[dst], value))
            else:
                self.body.append(Instruction.create_mem_i32(code, operand(dst), value))
        elif isinstance(dst, Reg):
            self.reg_rm(ALU_RM[op, width], names[dst], src, names)
        else:
            assert isinstance(src, Reg), (op, dst, src)
            self.body.append(Instruction.create_mem_reg(ALU_MR[op, width], operand(dst), names[src]))

    def test(self, width: int, left: RegMem, right: Reg | Imm) -> None:
        names = OF_WIDTH[width]
        if isinstance(right, Imm):
            size = "8" if width == 8 else "16" if width == 16 else "32"
            code = code_of(f"TEST_RM{width}_IMM{size}")
            value = signed(right.value, width)
            if isinstance(left, Reg):
                self.body.append(Instruction.create_reg_i32(code, names[left], value))
            else:
                self.body.append(Instruction.create_mem_i32(code, operand(left), value))
            return
        code = code_of(f"TEST_RM{width}_R{width}")
        if isinstance(left, Reg):
            self.body.append(Instruction.create_reg_reg(code, names[left], names[right]))
        else:
            self.body.append(Instruction.create_mem_reg(code, operand(left), names[right]))

    def shift(self, op: Shift, width: int, dst: Reg, count: int | None) -> None:
        """Shift by a constant, or by cl when `count` is None."""
        name = OF_WIDTH[width][dst]
        if count is None:
            self.body.append(Instruction.create_reg_reg(SHIFT_CL[op, width], name, Register.CL))
        elif count == 1:
            self.body.append(Instruction.create_reg_u32(SHIFT_1[op, width], name, 1))
        else:
            self.body.append(Instruction.create_reg_i32(SHIFT_I[op, width], name, count & (width - 1)))

    def unary(self, op: Unary, width: int, dst: RegMem) -> None:
        code = UNARY[op, width]
        if isinstance(dst, Reg):
            self.body.append(Instruction.create_reg(code, OF_WIDTH[width][dst]))
        else:
            self.body.append(Instruction.create_mem(code, operand(dst)))

    def imul(self, width: int, dst: Reg, src: RegMem) -> None:
        names = OF_WIDTH[width]
        self.reg_rm(code_of(f"IMUL_R{width}_RM{width}"), names[dst], src, names)

    def imul_const(self, width: int, dst: Reg, src: RegMem, value: int) -> None:
        names, value = OF_WIDTH[width], signed(value, width)
        code = code_of(f"IMUL_R{width}_RM{width}_IMM{8 if fits8(value) else 32}")
        if isinstance(src, Reg):
            self.body.append(Instruction.create_reg_reg_i32(code, names[dst], names[src], value))
        else:
            self.body.append(Instruction.create_reg_mem_i32(code, names[dst], operand(src), value))

    def bswap(self, width: int, dst: Reg) -> None:
        self.body.append(Instruction.create_reg(code_of(f"BSWAP_R{width}"), OF_WIDTH[width][dst]))

    def scan(self, name: str, width: int, dst: Reg, src: RegMem) -> None:
        """bsf or bsr."""
        names = OF_WIDTH[width]
        self.reg_rm(SCAN[name, width], names[dst], src, names)

    def sign_into_rdx(self, width: int) -> None:
        """cdq, cqo: before a signed division."""
        self.plain(Code.CDQ if width == 32 else Code.CQO)

    def lea(self, width: int, dst: Reg, mem: Mem) -> None:
        code = Code.LEA_R32_M if width == 32 else Code.LEA_R64_M
        self.body.append(Instruction.create_reg_mem(code, OF_WIDTH[width][dst], operand(mem)))

    def extend(self, type_: IRType, dst: Reg, src: RegMem) -> None:
        """Widen the low 8 or 16 bits of a register or memory to 32."""
        code, names = EXTEND[type_]
        self.reg_rm(code, REG32[dst], src, names)

    def extend_high(self, dst: Reg, src: Reg) -> None:
        """movzx r32, ah (ch, dh, bh)."""
        assert src < 4 and dst < 8, (dst, src)
        self.body.append(Instruction.create_reg_reg(Code.MOVZX_R32_RM8, REG32[dst], HIGH8[src]))

    def extend_signed(self, dst: Reg, src: RegMem) -> None:
        """movsxd: int to 64 bits."""
        self.reg_rm(Code.MOVSXD_R64_RM32, REG64[dst], src, REG32)

    def zero_extend(self, dst: Reg, src: RegMem) -> None:
        """mov r32, r/m32, also of a register into itself: the upper half becomes zero."""
        self.reg_rm(Code.MOV_R32_RM32, REG32[dst], src, REG32)

    def flip_bit(self, dst: Reg, bit: int) -> None:
        self.body.append(Instruction.create_reg_i32(Code.BTC_RM64_IMM8, REG64[dst], bit))

    def setcc(self, cond: Cond, dst: Reg) -> None:
        self.body.append(Instruction.create_reg(SETCC[cond], REG8[dst]))

    def cmov(self, cond: Cond, width: int, dst: Reg, src: RegMem) -> None:
        names = OF_WIDTH[width]
        self.reg_rm(CMOVCC[cond, width], names[dst], src, names)

    # -- moves ---------------------------------------------------------------------------------------------
    def move(self, width: int, dst: Reg, src: Reg) -> None:
        """Register to register, of the same class or across."""
        if dst is src:
            return
        if dst >= 16 and src >= 16:
            self.reg_rm(Code.MOVAPS_XMM_XMMM128, REG64[dst], src, REG64)
        elif dst >= 16:
            self.reg_rm(BITS_TO_NUM[width], REG64[dst], src, OF_WIDTH[width])
        elif src >= 16:
            code = NUM_TO_BITS[width]
            self.body.append(Instruction.create_reg_reg(code, OF_WIDTH[width][dst], REG64[src]))
        else:
            code = Code.MOV_R32_RM32 if width == 32 else Code.MOV_R64_RM64
            self.reg_rm(code, OF_WIDTH[width][dst], src, OF_WIDTH[width])

    def constant(self, dst: Reg, value: int) -> None:
        """A 64-bit pattern into a register; the shortest form.  May change the flags."""
        if dst >= 16:
            if value == 0:
                self.sse(Sse.XORPS, dst, dst)
            else:
                self.sse(Sse.MOVSD, dst, Mem(pool=value))
        elif value == 0:
            self.alu(Alu.XOR, 32, dst, dst)
        elif 0 <= value <= 0xFFFFFFFF:
            self.body.append(Instruction.create_reg_u32(Code.MOV_R32_IMM32, REG32[dst], value))
        elif fits32(signed(value, 64)):
            self.body.append(Instruction.create_reg_i32(Code.MOV_RM64_IMM32, REG64[dst], signed(value, 64)))
        else:
            bits = value & 0xFFFFFFFFFFFFFFFF
            self.body.append(Instruction.create_reg_u64(Code.MOV_R64_IMM64, REG64[dst], bits))

    def load(self, type_: IRType, dst: Reg, src: Mem) -> None:
        """Load a value of a memory type; small integers are extended to 32 bits."""
        if row := LOAD.get(type_):
            code, names = row
            self.reg_rm(code, names[dst], src, names)
        elif type_.size == 8:
            self.reg_rm(Code.MOV_R64_RM64, REG64[dst], src, REG64)
        else:
            self.reg_rm(Code.MOV_R32_RM32, REG32[dst], src, REG32)

    def store(self, type_: IRType, dst: Mem, src: Reg | Imm) -> None:
        if type_ is IRType.NUM or type_ is IRType.FLOAT:
            assert isinstance(src, Reg), src
            code = Code.MOVSD_XMMM64_XMM if type_ is IRType.NUM else Code.MOVSS_XMMM32_XMM
            self.body.append(Instruction.create_mem_reg(code, operand(dst), REG64[src]))
        elif isinstance(src, Imm):
            width = type_.size * 8
            value = signed(src.value, width)
            self.body.append(Instruction.create_mem_i32(STORE_IMM[width], operand(dst), value))
        else:
            width = type_.size * 8
            self.body.append(Instruction.create_mem_reg(STORE[width], operand(dst), OF_WIDTH[width][src]))

    def spill(self, slot: Mem, src: Reg) -> None:
        """All 64 bits of a register into memory."""
        self.store(IRType.NUM if src >= 16 else IRType.I64, slot, src)

    def reload(self, dst: Reg, slot: Mem) -> None:
        self.load(IRType.NUM if dst >= 16 else IRType.I64, dst, slot)

    def exchange(self, left: Reg, right: Reg) -> None:
        if left >= 16:
            for a, b in ((left, right), (right, left), (left, right)):
                self.sse(Sse.XORPS, a, b)
        else:
            self.body.append(Instruction.create_reg_reg(Code.XCHG_RM64_R64, REG64[left], REG64[right]))

    def copy_memory(self, dst: Mem, src: Mem) -> None:
        """Eight bytes from memory to memory, without a register: both relative to rsp."""
        assert src.pool is None, src
        self.body.append(Instruction.create_mem(Code.PUSH_RM64, operand(src)))
        self.body.append(Instruction.create_mem(Code.POP_RM64, operand(dst)))

    # -- doubles -------------------------------------------------------------------------------------------
    def sse(self, op: Sse, dst: Reg, src: RegMem) -> None:
        size = 16 if op.value.endswith("128") else 8
        self.reg_rm(SSE[op], REG64[dst], src, REG64, size)

    def int_to_num(self, width: int, dst: Reg, src: RegMem) -> None:
        self.reg_rm(TO_NUM[width], REG64[dst], src, OF_WIDTH[width])

    def num_to_int(self, width: int, dst: Reg, src: RegMem) -> None:
        self.reg_rm(TO_INT[width], OF_WIDTH[width][dst], src, REG64)

    def round(self, dst: Reg, src: RegMem, mode: int) -> None:
        """roundsd; mode 1 floor, 2 ceil, 3 trunc; bit 3 keeps it from raising `inexact`."""
        code = Code.ROUNDSD_XMM_XMMM64_IMM8
        if isinstance(src, Reg):
            self.body.append(Instruction.create_reg_reg_i32(code, REG64[dst], REG64[src], mode | 8))
        elif src.pool is not None:
            self.sse(Sse.MOVSD, dst, src)
            self.round(dst, dst, mode)
        else:
            self.body.append(Instruction.create_reg_mem_i32(code, REG64[dst], operand(src), mode | 8))

    # -- control -------------------------------------------------------------------------------------------
    def label(self, label: Label) -> None:
        self.body.append(label)

    def jump(self, cond: Cond | None, target: Label) -> None:
        self.body.append(Jump(cond, target))

    def call_symbol(self, symbol: str) -> None:
        self.body.append(SymbolJump(RelocKind.CALL, symbol))

    def jump_symbol(self, symbol: str, cond: Cond | None = None) -> None:
        self.body.append(SymbolJump(RelocKind.TAIL, symbol, cond))

    def call(self, target: RegMem) -> None:
        self._through(Code.CALL_RM64, target)

    def jump_to(self, target: RegMem) -> None:
        self._through(Code.JMP_RM64, target)

    def _through(self, code: Code_, target: RegMem) -> None:
        if isinstance(target, Reg):
            self.body.append(Instruction.create_reg(code, REG64[target]))
        else:
            self.body.append(Instruction.create_mem(code, operand(target)))

    def push(self, reg: Reg) -> None:
        self.body.append(Instruction.create_reg(Code.PUSH_R64, REG64[reg]))

    def pop(self, reg: Reg) -> None:
        self.body.append(Instruction.create_reg(Code.POP_R64, REG64[reg]))

    def ret(self) -> None:
        self.plain(Code.RETNQ)


def operand(mem: Mem) -> MemoryOperand:
    """iced's form of a memory operand; the displacement as short as it can be."""
    assert mem.pool is None, "a pool operand is only possible as source of reg, reg/mem"
    base = Register.NONE if mem.base is None else REG64[mem.base]
    index = Register.NONE if mem.index is None else REG64[mem.index]
    size = 1 if mem.disp and fits8(mem.disp) else 8 if mem.disp or mem.base is None else 0
    return MemoryOperand(base, index, mem.scale, mem.disp, size)


class Encoded:
    """Result of `encode`: bytes, relocations, and where each label came to stand (in `Label.offset`)."""

    __slots__ = ("code_size", "data", "relocs", "starts")

    def __init__(self, data: bytes, relocs: list[Reloc], code_size: int, starts: list[int]) -> None:
        self.data, self.relocs, self.code_size = data, relocs, code_size
        self.starts = starts  # Of all items but labels.


NO_DISPLACEMENT = bytes(4)


class _Layout:
    """One run of `encode`: chunks of bytes, with jumps of adjustable size between them."""

    def __init__(self) -> None:
        self.encoder = Encoder(64)
        self.chunks: list[bytes | Jump] = []
        self.labels: list[tuple[int, Label]] = []  # (index of the chunk that follows, label)
        self.relocs: list[tuple[int, int, Reloc | SymbolJump]] = []  # (chunk, offset in it, what to)
        self.pooled: list[tuple[int, int, int, int, int]] = []  # (chunk, offset, end, bits, size)

    def add(self, item: Item) -> None:
        match item:
            case Instruction():
                self.encoder.encode(item, 0)
                self.chunks.append(self.encoder.take_buffer())
            case SymbolJump():
                head = jump_head(item)
                self.relocs.append((len(self.chunks), len(head), item))
                self.chunks.append(head + NO_DISPLACEMENT)
            case Label():
                self.labels.append((len(self.chunks), item))
            case Jump():
                self.chunks.append(item)
            case Raw():
                for reloc in item.relocs:
                    self.relocs.append((len(self.chunks), reloc.offset, reloc))
                self.chunks.append(item.data)
            case Pooled():
                # The address in the instruction is absolute to iced: encode as if the target were 0.
                self.encoder.encode(item.instruction, 0)
                where = self.encoder.get_constant_offsets().displacement_offset
                data = self.encoder.take_buffer()
                self.pooled.append((len(self.chunks), where, len(data), item.bits, item.size))
                self.chunks.append(data)
            case Epilogue():
                raise AssertionError("the epilogue is expanded before encoding")

    def sizes(self) -> list[int]:
        """Sizes of all chunks, every jump as short as it can be."""
        targets: dict[int, int] = {id(label): index for index, label in self.labels}
        sizes = [2 if isinstance(chunk, Jump) else len(chunk) for chunk in self.chunks]
        jumps = [(i, chunk) for i, chunk in enumerate(self.chunks) if isinstance(chunk, Jump)]
        grown = True
        while grown:
            grown = False
            starts = offsets(sizes)
            for i, jump in jumps:
                distance = starts[targets[id(jump.target)]] - starts[i + 1]
                if sizes[i] == 2 and not fits8(distance):
                    sizes[i], grown = (5 if jump.cond is None else 6), True
        return sizes

    def finish(self, base: int) -> Encoded:
        starts = offsets(self.sizes())
        for index, label in self.labels:
            label.offset = starts[index]
        data = bytearray(starts[-1])
        for i, chunk in enumerate(self.chunks):
            start, end = starts[i], starts[i + 1]
            data[start:end] = encode_jump(chunk, end - start, end) if isinstance(chunk, Jump) else chunk
        self.place_pool(data, starts)
        relocs = [Reloc(starts[i] + at + base, reloc.kind, reloc.symbol) for i, at, reloc in self.relocs]
        return Encoded(bytes(data), relocs, starts[-1], starts)

    def place_pool(self, data: bytearray, starts: list[int]) -> None:
        """Constants after the code, wide ones first, each once; then the displacements that reach them."""
        places: dict[tuple[int, int], int] = {}
        for size in (16, 8):
            for _, _, _, bits, wanted in self.pooled:
                if wanted != size or (bits, size) in places:
                    continue
                data.extend(b"\xcc" * (-len(data) % size))
                places[bits, size] = len(data)
                data.extend(bits.to_bytes(8, "little") * (size // 8))
        for chunk, where, length, bits, size in self.pooled:
            start = starts[chunk]
            displacement = places[bits, size] - (start + length)
            data[start + where : start + where + 4] = displacement.to_bytes(4, "little", signed=True)


def offsets(sizes: list[int]) -> list[int]:
    """Running sum, with the total at the end."""
    total, found = 0, [0]
    for size in sizes:
        total += size
        found.append(total)
    return found


def jump_head(item: SymbolJump) -> bytes:
    """The opcode of a rel32 jump."""
    if item.kind is RelocKind.CALL:
        return b"\xe8"
    return b"\xe9" if item.cond is None else bytes((0x0F, 0x80 | item.cond))


def encode_jump(jump: Jump, size: int, end: int) -> bytes:
    distance = jump.target.offset - end
    if size == 2:
        opcode = 0xEB if jump.cond is None else 0x70 | jump.cond
        return bytes((opcode, distance & 0xFF))
    head = b"\xe9" if jump.cond is None else bytes((0x0F, 0x80 | jump.cond))
    return head + distance.to_bytes(4, "little", signed=True)


def encode(items: list[Item], base: int = 0) -> Encoded:
    """Bytes of the items, followed by their constant pool.  Offsets count from `base`."""
    layout = _Layout()
    for item in items:
        layout.add(item)
    return layout.finish(base)
