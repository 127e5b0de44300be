"""Building functions by hand, running them, and evaluating them in Python: what backend tests share."""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable, Sequence
from random import Random

from ir.ops import CONV_SRC_MASK, FPM_CEIL, FPM_FLOOR, FPM_SQRT, FPM_TRUNC, Op
from ir.types import IRType
from ir.values import Block, Convention, Edge, Function, Ins
from x64.area import Area
from x64.check import check
from x64.compile import Code, compile_function
from x64.fuse import Selection
from x64.trail import Trail

INT, U32, I64, U64, P64, NUM, NIL = (
    IRType.INT, IRType.U32, IRType.I64, IRType.U64, IRType.P64, IRType.NUM, IRType.NIL,
)  # fmt: skip
CTYPES = {INT: ctypes.c_int32, U32: ctypes.c_uint32, I64: ctypes.c_int64, U64: ctypes.c_uint64,
          P64: ctypes.c_uint64, NUM: ctypes.c_double}  # fmt: skip


class Builder:
    """A function under construction: blocks are made with `block`, instructions go where `at` says."""

    def __init__(self, name: str, *types: IRType, result: IRType | None = None,
                 convention: Convention = Convention.NATIVE) -> None:  # fmt: skip
        self.fn = Function(name, convention, result)
        self.at = self.block(*types)
        self.count = 0

    @property
    def params(self) -> list[Ins]:
        return self.fn.params

    def block(self, *types: IRType, cold: bool = False) -> Block:
        block = Block(len(self.fn.blocks), cold=cold)
        block.params = [Ins(Op.PARAM, type_, (i,)) for i, type_ in enumerate(types)]
        self.fn.blocks.append(block)
        return block

    def emit(self, op: Op, type_: IRType, *args: object) -> Ins:
        ins = Ins(op, type_, args)
        self.at.body.append(ins)
        return ins

    def jump(self, block: Block, *args: Ins) -> None:
        self.emit(Op.JMP, NIL, Edge(block, args))

    def branch(self, condition: Ins, taken: Edge, other: Edge) -> None:
        self.emit(Op.BR, NIL, condition, taken, other)

    def ret(self, *values: Ins) -> None:
        self.emit(Op.RET, NIL, *values)

    def number(self) -> Function:
        """Number everything, for readable failures."""
        for ref, ins in enumerate(self.fn.instructions(), 1):
            ins.ref = ref
        return self.fn


def const(type_: IRType, value: float) -> Ins:
    if type_ is NUM:
        return Ins(Op.KNUM, NUM, (value,))
    return Ins(Op.KINT if type_.size == 4 else Op.KINT64, type_, (value,))


def compiled(fn: Function, random: Random | None = None) -> Code:
    """Compile, with the checker on."""
    trail = Trail()
    code = compile_function(fn, trail, random)
    check(fn, trail, Selection(fn))
    return code


def link(area: Area, code: Code, symbols: dict[str, int]) -> int:
    """Place code and resolve its calls; returns its address."""
    address = area.place(code.data)
    for reloc in code.relocs:
        area.write_rel32(address + reloc.offset, symbols[reloc.symbol])
    return address


def callable_at(address: int, types: Sequence[IRType], result: IRType | None) -> Callable[..., float]:
    prototype = ctypes.CFUNCTYPE(CTYPES[result] if result else None, *(CTYPES[t] for t in types))
    return prototype(address)


def run(area: Area, fn: Function, *args: float, random: Random | None = None) -> float:
    """Compile with the checker on, run, free."""
    code = compiled(fn, random)
    address = link(area, code, {})
    try:
        return callable_at(address, [p.type for p in fn.params], fn.result)(*args)
    finally:
        area.free(address, len(code.data))


# -- the reference evaluator ---------------------------------------------------------------------------------


def wrap(type_: IRType, value: int) -> int:
    bits = type_.size * 8
    value &= (1 << bits) - 1
    return value - (1 << bits) if type_.is_signed and value >> (bits - 1) else value


def compare(op: Op, type_: IRType, a: float, b: float) -> bool:
    if type_ is NUM:
        if op in (Op.EQ, Op.NE):
            return (a == b) is (op is Op.EQ)
        if math.isnan(a) or math.isnan(b):
            return op >= Op.ULT
        op = Op(op & 3)
    elif op in (Op.ULT, Op.UGE, Op.ULE, Op.UGT):
        mask = (1 << max(type_.size, 4) * 8) - 1
        a, b, op = int(a) & mask, int(b) & mask, Op(op & 3)
    table = {Op.LT: a < b, Op.GE: a >= b, Op.LE: a <= b, Op.GT: a > b, Op.EQ: a == b, Op.NE: a != b}
    return table[op]


def integer(op: Op, type_: IRType, a: int, b: int) -> int:
    bits = type_.size * 8
    mask = (1 << bits) - 1
    count = b & (bits - 1)
    match op:
        case Op.ADD:
            return wrap(type_, a + b)
        case Op.SUB:
            return wrap(type_, a - b)
        case Op.MUL:
            return wrap(type_, a * b)
        case Op.BAND:
            return wrap(type_, a & b)
        case Op.BOR:
            return wrap(type_, a | b)
        case Op.BXOR:
            return wrap(type_, a ^ b)
        case Op.BSHL:
            return wrap(type_, a << count)
        case Op.BSHR:
            return wrap(type_, (a & mask) >> count)
        case Op.BSAR:
            return wrap(type_, wrap(signed_of(type_), a) >> count)
        case Op.BROL:
            return wrap(type_, (a & mask) << count | (a & mask) >> (bits - count))
        case Op.BROR:
            return wrap(type_, (a & mask) >> count | (a & mask) << (bits - count))
        case Op.DIV:
            quotient = abs(a) // abs(b)
            return wrap(type_, quotient if (a < 0) is (b < 0) else -quotient)
        case Op.MOD:
            return wrap(type_, int(math.copysign(1, a)) * (abs(a) % abs(b)))
        case Op.MIN:
            return min(a, b)
        case Op.MAX:
            return max(a, b)
    raise AssertionError(op)


def signed_of(type_: IRType) -> IRType:
    return INT if type_.size == 4 else I64


def double(op: Op, a: float, b: float) -> float:
    match op:
        case Op.ADD:
            return a + b
        case Op.SUB:
            return a - b
        case Op.MUL:
            return a * b
        case Op.DIV:
            return divide(a, b)
        case Op.MIN:
            return a if a < b else b
        case Op.MAX:
            return a if a > b else b
    raise AssertionError(op)


def divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def unary(ins: Ins, a: float) -> float:
    number = ins.type is NUM
    match ins.op:
        case Op.NEG:
            return -a if number else wrap(ins.type, -int(a))
        case Op.BNOT:
            return wrap(ins.type, ~int(a))
        case Op.BSWAP:
            data = (int(a) & ((1 << ins.type.size * 8) - 1)).to_bytes(ins.type.size, "little")
            return wrap(ins.type, int.from_bytes(data, "big"))
        case Op.ABS:
            return math.copysign(a, 1.0)
        case Op.FPMATH:
            return fpmath(ins.args[1], a)
        case Op.COPY:
            return reinterpret(ins.type, ins.args[0].type, a)
        case Op.CONV:
            return convert(ins.type, IRType(ins.args[1] & CONV_SRC_MASK), a)
    raise AssertionError(ins)


def fpmath(kind: int, a: float) -> float:
    if kind == FPM_SQRT:
        return math.sqrt(a) if a >= 0 else math.nan
    if not math.isfinite(a):
        return a
    rounded = {FPM_FLOOR: math.floor, FPM_CEIL: math.ceil, FPM_TRUNC: math.trunc}[kind](a)
    return math.copysign(float(rounded), a)


class Unspecified(Exception):
    """The program looked at something that nothing is promised about."""


def reinterpret(dst: IRType, src: IRType, a: float) -> float:
    if src is NUM and math.isnan(a):
        raise Unspecified("sign and payload of a NaN")
    data = struct.pack("<d", a) if src is NUM else (int(a) & (2**64 - 1)).to_bytes(8, "little")
    return struct.unpack("<d", data)[0] if dst is NUM else wrap(dst, int.from_bytes(data, "little"))


def convert(dst: IRType, src: IRType, a: float) -> float:
    if dst is NUM:
        return float(a)
    if src is NUM:
        wide = 64 if dst is not INT else 32
        limit = 1 << (wide - 1)
        inside = math.isfinite(a) and -limit <= math.trunc(a) < limit
        if dst is U64 and a >= limit:
            return int(a) if a < 2 * limit else 0
        return wrap(dst, math.trunc(a) if inside else -limit)
    return wrap(dst, int(a))


FORMATS = {
    IRType.I8: "<b", IRType.U8: "<B", IRType.I16: "<h", IRType.U16: "<H", INT: "<i", U32: "<I", I64: "<q",
    U64: "<Q", P64: "<Q", NUM: "<d",
}  # fmt: skip


class Evaluator:
    """Executes a function on Python numbers, at most `fuel` instructions.

    Its memory is `image`, which stands at the address `base`; calls go to Python functions by symbol.
    """

    def __init__(
        self,
        fuel: int = 20000,
        image: bytearray | None = None,
        base: int = 0,
        symbols: dict[str, Callable[..., float]] | None = None,
    ) -> None:
        self.fuel = fuel
        self.image, self.base, self.symbols = image or bytearray(), base, symbols or {}
        self.values: dict[Ins, float] = {}

    def value(self, ins: Ins) -> float:
        if ins.is_const:
            return ins.value if ins.type is NUM else wrap(ins.type, int(ins.value))
        return self.values[ins]

    def call(self, fn: Function, *args: float) -> float:
        self.values = dict(zip(fn.params, args))
        block = fn.blocks[0]
        while True:
            for ins in block.body[:-1]:
                self.fuel -= 1
                self.values[ins] = self.execute(ins)
            if self.fuel < 0:
                raise Unspecified("too many steps")
            end = block.end
            if end.op is Op.RET:
                return self.value(end.args[0])
            edge = end.args[0] if end.op is Op.JMP else end.args[1 if self.value(end.args[0]) else 2]
            fresh = [self.value(arg) for arg in edge.args]
            self.values.update(zip(edge.block.params, fresh))
            block = edge.block

    def execute(self, ins: Ins) -> float:
        operands = [self.value(arg) for arg in ins.args if isinstance(arg, Ins)]
        if ins.op is Op.XLOAD:
            offset = int(operands[0]) - self.base
            return struct.unpack_from(FORMATS[ins.type], self.image, offset)[0]
        if ins.op is Op.XSTORE:
            value = operands[1] if ins.type is NUM else wrap(ins.type, int(operands[1]))
            struct.pack_into(FORMATS[ins.type], self.image, int(operands[0]) - self.base, value)
            return 0
        if ins.op is Op.CALL:
            return self.symbols[ins.args[0]](*operands)
        if Op.LT <= ins.op <= Op.NE:
            return int(compare(ins.op, ins.args[0].type, *operands))
        if len(operands) == 1:
            return unary(ins, operands[0])
        if ins.type is NUM:
            return double(ins.op, *operands)
        return integer(ins.op, ins.type, *map(int, operands))
