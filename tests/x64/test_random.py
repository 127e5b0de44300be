"""Random functions of many blocks: machine code, under the checker, against the evaluator.

Each program is also compiled with an allocator that picks any legal register by dice.  Programs read and
write a small image in memory (integers in its first half, doubles in the second) and call two functions that
destroy every register they may.
"""

from __future__ import annotations

import ctypes
import math
import os
import struct
from collections.abc import Callable
from random import Random

import pytest

from ir.ops import FPM_CEIL, FPM_FLOOR, FPM_SQRT, FPM_TRUNC, Op
from ir.types import IRType
from ir.values import Block, Edge, Function, Ins
from tests.x64.support import (
    I64,
    INT,
    NUM,
    P64,
    U32,
    U64,
    Builder,
    Evaluator,
    Unspecified,
    callable_at,
    compiled,
    const,
    link,
    wrap,
)  # fmt: skip
from x64.area import Area
from x64.asm import Assembler, encode
from x64.encodings import Sse
from x64.operands import Mem
from x64.regs import CALLER_SAVED, Reg, members

TYPES = (INT, U32, I64, U64, NUM)
INTEGERS = (Op.ADD, Op.SUB, Op.MUL, Op.BAND, Op.BOR, Op.BXOR, Op.BSHL, Op.BSHR, Op.BSAR, Op.BROL, Op.BROR,
            Op.MIN, Op.MAX, Op.DIV, Op.MOD)  # fmt: skip
DOUBLES = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MIN, Op.MAX)
COMPARES = (Op.LT, Op.GE, Op.LE, Op.GT, Op.ULT, Op.UGE, Op.ULE, Op.UGT, Op.EQ, Op.NE)
INTERESTING = (
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    31,
    32,
    127,
    128,
    255,
    256,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    -1,
    -2,
    -128,
)
WIDE = (1 << 40, -(1 << 40), (1 << 63) - 1, -(1 << 63), 0x123456789ABCDEF)
NUMBERS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    -2.5,
    3.75,
    1e10,
    -1e300,
    1e-300,
    math.inf,
    -math.inf,
    math.nan,
    2.0**52,
)
PROGRAMS = int(os.environ.get("JITVM_PROGRAMS", "120"))


HALF = 128
SMALL = {IRType.I8: INT, IRType.U8: U32, IRType.I16: INT, IRType.U16: U32}
MEMORY_TYPES = (*SMALL, *TYPES)
CALLEES = {"mix": ((I64, NUM), I64), "scale": ((NUM, INT, U64), NUM)}


def mix(a: float, b: float) -> float:
    return wrap(I64, int(a) * 3)


def scale(a: float, b: float, c: float) -> float:
    return a + a


SYMBOLS: dict[str, Callable[..., float]] = {"mix": mix, "scale": scale}


def callee(name: str) -> bytes:
    """Machine code of a callee, which leaves rubbish in every register that is not callee-saved."""
    asm, returned = Assembler(), Reg.rax if name == "mix" else Reg.xmm0
    if name == "mix":
        asm.lea(64, Reg.rax, Mem(Reg.rdi, Reg.rdi, 2))
    else:
        asm.sse(Sse.ADDSD, Reg.xmm0, Reg.xmm0)
    for reg in members(CALLER_SAVED):
        if reg is not returned:
            asm.constant(reg, 0x7FF8_0000_DEAD_0000 + reg)
    asm.ret()
    return encode(asm.take()).data


def machine_type(value: Ins) -> IRType:
    return SMALL.get(value.type, value.type)


class Programs:
    """Generates one random function: straight blocks, diamonds and bounded loops, nested."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.types = [self.dice.choice(TYPES) for _ in range(self.dice.randint(1, 5))]
        self.b = Builder(f"random{seed}", *self.types, P64, result=self.dice.choice(TYPES))
        self.calls = self.dice.choice((0.0, 0.0, 0.1))
        self.blocks_left = self.dice.choice((0, 2, 4, 10))

    def make(self) -> Function:
        pool = self.sequence(list(self.b.params[:-1]))
        result = self.b.fn.result
        assert result is not None
        total = self.value(pool, result)
        for value in self.dice.sample(pool, min(len(pool), 12)):
            if machine_type(value) is result:
                total = self.b.emit(Op.ADD if result is NUM else Op.BXOR, result, total, value)
        self.b.ret(total)
        return self.b.number()

    def constant(self, type_: IRType) -> Ins:
        if type_ is NUM:
            return const(NUM, self.dice.choice(NUMBERS))
        return const(type_, self.dice.choice(INTERESTING + (WIDE if type_.size == 8 else ())))

    def value(self, pool: list[Ins], type_: IRType) -> Ins:
        options = [v for v in pool if machine_type(v) is type_ and not Op.LT <= v.op <= Op.NE]
        if options and self.dice.random() < 0.8:
            return self.dice.choice(options[-12:])
        if self.dice.random() < 0.5:
            return self.constant(type_)
        other = [v for v in pool if machine_type(v) is not type_ and not Op.LT <= v.op <= Op.NE]
        if not other:
            return self.constant(type_)
        source = self.dice.choice(other)
        if self.dice.random() < 0.2 and {source.type, type_} <= {NUM, I64, U64}:
            return self.b.emit(Op.COPY, type_, source)
        return self.b.emit(Op.CONV, type_, source, int(machine_type(source)))

    def address(self, pool: list[Ins], type_: IRType) -> Ins:
        """Somewhere in the half of the image where values of the type belong."""
        start = HALF if type_ is NUM else 0
        pointer = self.b.params[-1]
        scale = 3 if type_ is NUM else self.dice.choice((0, 1, 2, 3))
        if self.dice.random() < 0.6:
            index = self.b.emit(Op.BAND, U64, self.value(pool, U64), const(U64, 7))
            if scale:
                index = self.b.emit(Op.BSHL, U64, index, const(INT, scale))
            pointer = self.b.emit(Op.ADD, P64, pointer, index)
        return self.b.emit(Op.ADD, P64, pointer, const(I64, start + 8 * self.dice.randint(0, 6)))

    def store(self, pool: list[Ins]) -> None:
        type_ = self.dice.choice(MEMORY_TYPES)
        value = self.value(pool, SMALL.get(type_, type_))
        self.b.emit(Op.XSTORE, type_, self.address(pool, type_), value)

    def call(self, pool: list[Ins]) -> Ins:
        name = self.dice.choice(tuple(CALLEES))
        types, result = CALLEES[name]
        return self.b.emit(Op.CALL, result, name, *(self.value(pool, type_) for type_ in types))

    def sequence(self, pool: list[Ins]) -> list[Ins]:
        for _ in range(self.dice.randint(1, 4)):
            for _ in range(self.dice.randint(1, 8)):
                pool = [*pool, self.instruction(pool)]
            if self.blocks_left > 0:
                self.blocks_left -= 1
                pool = self.diamond(pool) if self.dice.random() < 0.5 else self.loop(pool)
        return pool

    def instruction(self, pool: list[Ins]) -> Ins:
        type_ = self.dice.choice(TYPES)
        dice = self.dice.random()
        if self.dice.random() < self.calls:
            return self.call(pool)
        if self.dice.random() < 0.1:
            self.store(pool)
        if self.dice.random() < 0.15:
            kind = self.dice.choice(MEMORY_TYPES)
            return self.b.emit(Op.XLOAD, kind, self.address(pool, kind), 0)
        if dice < 0.08:
            comparison = self.comparison(pool)
            return self.b.emit(Op.CONV, I64, comparison, int(U32))
        if type_ is NUM and dice < 0.2:
            kind = self.dice.choice((FPM_FLOOR, FPM_CEIL, FPM_TRUNC, FPM_SQRT))
            return self.b.emit(Op.FPMATH, NUM, self.value(pool, NUM), kind)
        if dice < 0.3:
            op = self.dice.choice((Op.NEG, Op.ABS) if type_ is NUM else (Op.NEG, Op.BNOT, Op.BSWAP))
            return self.b.emit(op, type_, self.value(pool, type_))
        if type_ is NUM:
            op = self.dice.choice(DOUBLES)
            return self.b.emit(op, NUM, self.value(pool, NUM), self.value(pool, NUM))
        op = self.dice.choice(INTEGERS)
        left = self.value(pool, type_)
        if op in (Op.DIV, Op.MOD):
            right = self.b.emit(Op.BOR, type_, self.value(pool, type_), const(type_, 1))
            if type_.is_signed:  # The quotient of the smallest number and -1 traps.
                right = self.b.emit(Op.BSHR, type_, right, const(INT, 1))
                right = self.b.emit(Op.BOR, type_, right, const(type_, 1))
        else:
            right = self.value(pool, INT if Op.BSHL <= op <= Op.BROR else type_)
        return self.b.emit(op, type_, left, right)

    def comparison(self, pool: list[Ins]) -> Ins:
        type_ = self.dice.choice(TYPES)
        return self.b.emit(
            self.dice.choice(COMPARES), type_, self.value(pool, type_), self.value(pool, type_)
        )

    def diamond(self, pool: list[Ins]) -> list[Ins]:
        condition = self.comparison(pool)
        kinds = [self.dice.choice(TYPES) for _ in range(self.dice.randint(0, 3))]
        sides = [self.b.block(cold=self.dice.random() < 0.3) for _ in range(2)]
        direct = self.dice.random() < 0.3
        before = self.b.at
        ends: list[tuple[Block, list[Ins]]] = []
        for side in sides[: 1 if direct else 2]:
            self.b.at = side
            inner = self.sequence(pool) if self.dice.random() < 0.6 else pool
            ends.append((self.b.at, [self.value(inner, kind) for kind in kinds]))
            ends[-1] = (self.b.at, ends[-1][1])
        if direct:
            self.b.at = before
            self.b.fn.blocks.remove(sides[1])
            passed = [self.value(pool, kind) for kind in kinds]
        join = self.b.block(*kinds)
        self.b.at = before
        other = Edge(join, tuple(passed)) if direct else Edge(sides[1])
        self.b.branch(condition, Edge(sides[0]), other)
        for block, values in ends:
            self.b.at = block
            self.b.jump(join, *values)
        self.b.at = join
        return [*pool, *join.params]

    def loop(self, pool: list[Ins]) -> list[Ins]:
        """A counted loop; the counter comes first, then carried values of random types."""
        kinds = [self.dice.choice(TYPES) for _ in range(self.dice.randint(0, 4))]
        first = [self.value(pool, kind) for kind in kinds]
        head = self.b.block(INT, *kinds)
        self.b.jump(head, const(INT, 0), *first)
        body, done = self.b.block(), self.b.block()
        self.b.at = head
        inside = [*pool, *head.params[1:]]
        condition = self.b.emit(Op.LT, INT, head.params[0], const(INT, self.dice.randint(0, 4)))
        self.b.branch(condition, Edge(body), Edge(done))
        self.b.at = body
        inner = self.sequence(inside)
        counter = self.b.emit(Op.ADD, INT, head.params[0], const(INT, 1))
        self.b.jump(head, counter, *(self.value(inner, kind) for kind in kinds))
        self.b.at = done
        return inside


def arguments(dice: Random, types: list[IRType]) -> list[float]:
    found: list[float] = []
    for type_ in types:
        if type_ is NUM:
            found.append(dice.choice((*NUMBERS, dice.uniform(-100, 100))))
        else:
            number = dice.choice((*INTERESTING, dice.getrandbits(type_.size * 8)))
            bits = type_.size * 8
            number &= (1 << bits) - 1
            found.append(number - (1 << bits) if type_.is_signed and number >> (bits - 1) else number)
    return found


def same(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and (a != 0 or math.copysign(1, a) == math.copysign(1, b))


@pytest.fixture(scope="module")
def area() -> Area:
    return Area(1 << 20)


def image_of(dice: Random) -> bytearray:
    numbers = [dice.choice(NUMBERS[:-2]) for _ in range(HALF // 8)]
    return bytearray(dice.randbytes(HALF) + struct.pack(f"<{len(numbers)}d", *numbers))


def bytes_of(image: bytes) -> tuple[bytes, list[str]]:
    """An image without the sign and payload of its NaNs, about which nothing is promised."""
    doubles = struct.unpack_from(f"<{HALF // 8}d", image, HALF)
    return bytes(image[:HALF]), [repr(number) for number in doubles]


def check_program(area: Area, symbols: dict[str, int], seed: int) -> None:
    programs = Programs(seed)
    fn, dice = programs.make(), programs.dice
    buffer = ctypes.create_string_buffer(2 * HALF)
    base = ctypes.addressof(buffer)
    for random in (None, Random(seed), Random(seed + 1)):
        code = compiled(fn, random)
        call = callable_at(address := link(area, code, symbols), [*programs.types, P64], fn.result)
        for _ in range(2):
            values, image = [*arguments(dice, programs.types), base], image_of(dice)
            buffer.raw = bytes(image)
            try:
                wanted = Evaluator(20000, image, base, SYMBOLS).call(fn, *values)
            except Unspecified:
                continue
            found = call(*values)
            what = f"seed {seed} {random}: {values}"
            assert same(found, wanted), f"{what} gave {found}, not {wanted}"
            assert bytes_of(buffer.raw) == bytes_of(image), f"{what}: memory differs"
        area.free(address, len(code.data))


@pytest.mark.parametrize("group", range(8))
def test_random_programs(area: Area, group: int) -> None:
    symbols = {name: area.place(callee(name)) for name in CALLEES}
    for seed in range(group * PROGRAMS // 8, (group + 1) * PROGRAMS // 8):
        check_program(area, symbols, seed)
