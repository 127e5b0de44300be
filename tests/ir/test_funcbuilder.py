"""Folding and cleaning up of native functions."""

from __future__ import annotations

import math

import pytest

from ir.arith import compute
from ir.funcbuilder import FunctionBuilder
from ir.ops import CONV_DST_SHIFT, CONV_SEXT, Op
from ir.parser import parse_function
from ir.passes.cleanup import cleanup
from ir.printer import print_function
from ir.types import IRType
from ir.values import Convention, Edge, Function, Ins

INT, U32, I64, U64, P64, NUM = IRType.INT, IRType.U32, IRType.I64, IRType.U64, IRType.P64, IRType.NUM


def builder(*params: IRType) -> tuple[FunctionBuilder, list[Ins]]:
    b = FunctionBuilder("f", Convention.NATIVE, IRType.I64)
    return b, [b.param(type_) for type_ in params]


def test_constants_fold_and_are_interned() -> None:
    b, _ = builder()
    assert b.emit(Op.ADD, INT, b.kint(2**31 - 1), b.kint(1)) is b.kint(-(2**31))
    assert b.knum(0.0) is not b.knum(-0.0)
    assert b.emit(Op.CONV, NUM, b.kint(3), NUM << CONV_DST_SHIFT | INT) is b.knum(3.0)
    assert b.emit(Op.IDIV, INT, b.kint(1), b.kint(0)).op is Op.IDIV  # It faults when it runs.


def test_algebra() -> None:
    b, (x, p) = builder(I64, P64)
    zero = b.kint(0, I64)
    for op in (Op.ADD, Op.SUB, Op.BOR, Op.BXOR, Op.BSHL, Op.BSHR, Op.BSAR):
        assert b.emit(op, I64, x, zero) is x
    assert b.emit(Op.ADD, I64, zero, x) is x
    assert b.emit(Op.SUB, I64, x, x) is zero
    assert b.emit(Op.BXOR, I64, x, x) is zero
    assert b.emit(Op.MUL, I64, x, zero) is zero
    assert b.emit(Op.MUL, I64, x, b.kint(1, I64)) is x
    shifted = b.emit(Op.MUL, I64, x, b.kint(8, I64))
    assert shifted.op is Op.BSHL and shifted.args[1].value == 3
    assert b.emit(Op.BAND, I64, x, zero) is zero
    assert b.emit(Op.BAND, I64, x, b.kint(-1, I64)) is x
    assert b.emit(Op.BAND, I64, x, x) is x
    inner = b.emit(Op.BAND, I64, x, b.kint(0xFF0, I64))
    assert b.emit(Op.BAND, I64, inner, b.kint(0x0FF, I64)).args == (x, b.kint(0x0F0, I64))
    far = b.emit(Op.ADD, P64, b.emit(Op.ADD, P64, p, b.kint(8, I64)), b.kint(16, I64))
    assert far.args == (p, b.kint(24, I64))
    assert b.emit(Op.SUB, P64, far, b.kint(24, I64)) is p


def test_doubles_are_left_alone() -> None:
    b, (x,) = builder(NUM)
    assert b.emit(Op.ADD, NUM, x, b.knum(0.0)).op is Op.ADD  # -0.0 + 0.0 is 0.0
    assert b.emit(Op.SUB, NUM, x, x).op is Op.SUB
    assert b.emit(Op.MIN, NUM, b.knum(1.0), x).args == (b.knum(1.0), x)


def test_conversions() -> None:
    b, (x, y) = builder(INT, U64)
    wide = b.convert(I64, x, INT, CONV_SEXT)
    assert b.convert(INT, wide, I64) is x
    assert b.convert(INT, b.convert(NUM, x, INT), NUM) is x
    assert b.convert(U32, x, INT) is x
    low = b.emit(Op.BAND, U32, b.convert(U32, y, U64), b.kint(255, U32))
    assert b.convert(U64, low, U32).args == (y, b.kint(255, U64))
    byte = b.emit(Op.BAND, U64, y, b.kint(255, U64))
    assert b.convert(I64, b.convert(U32, byte, U64), U32) is byte
    high = b.emit(Op.BSHR, U64, y, b.kint(32))
    assert b.convert(U64, b.convert(U32, high, U64), U32) is high
    assert b.convert(U64, b.convert(U32, y, U64), U32).op is Op.CONV


def test_equal_instructions_are_one() -> None:
    b, (x, y) = builder(I64, I64)
    first = b.emit(Op.ADD, I64, x, y)
    start, cold, warm = b.at, b.new_block(), b.new_block()
    cold.cold = True
    b.branch(Op.LT, I64, x, y, Edge(cold), Edge(warm))
    b.place(cold, start)
    assert b.emit(Op.ADD, I64, x, y) is not first  # Nothing is kept in a register for a cold block.
    b.ret(x)
    b.place(warm, start)
    assert b.emit(Op.ADD, I64, x, y) is first
    load = b.load(I64, b.emit(Op.COPY, P64, x))
    assert b.load(I64, b.emit(Op.COPY, P64, x)) is not load  # Memory may have changed.
    b.ret(first)
    b.finish()


def test_branch_on_constants_is_a_jump() -> None:
    b, (x,) = builder(I64)
    yes, no = Edge(b.new_block()), Edge(b.new_block())
    assert b.branch(Op.LT, INT, b.kint(1), b.kint(2), yes, no) == [yes]
    b.place(yes.block)
    b.ret(x)
    assert len(b.finish().blocks) == 1


HEAD = "function f native int\nblock0(0001 int)\n"
CLEANED = [
    (  # Trivial and dead parameters, chains.
        HEAD + "0002 nil JMP ->block1(0001 +1)\n"
        "block1(0003 int, 0004 int)\n0005 int LT 0003 +9\n0006 nil BR 0005 ->block2 ->block3\n"
        "block2\n0007 int ADD 0004 +1\n0008 nil JMP ->block1(0003 0007)\n"
        "block3\n0009 nil RET 0003\n",
        HEAD + "0002 nil JMP    ->block1\n"
        "block1\n0003 int LT     0001 +9\n0004 nil BR     0003 ->block1 ->block2\n"
        "block2\n0005 nil RET    0001\n",
    ),
    (  # A jump to a jump; an unreachable block.
        HEAD + "0002 int LT 0001 +9\n0003 nil BR 0002 ->block1 ->block2\n"
        "block1\n0004 nil JMP ->block2\n"
        "block2\n0005 nil RET 0001\n"
        "block3\n0006 nil RET +1\n",
        HEAD + "0002 int LT     0001 +9\n0003 nil BR     0002 ->block1 ->block1\n"
        "block1\n0004 nil RET    0001\n",
    ),
    (  # Edges of BR with arguments.
        HEAD + "0002 int LT 0001 +9\n0003 nil BR 0002 ->block1(+1) ->block1(+2)\n"
        "block1(0004 int)\n0005 nil RET 0004\n",
        HEAD + "0002 int LT     0001 +9\n0003 nil BR     0002 ->block2 ->block1\n"
        "block1\n0004 nil JMP    ->block3(+2)\n"
        "block2\n0005 nil JMP    ->block3(+1)\n"
        "block3(0006 int)\n0007 nil RET    0006\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), CLEANED)
def test_cleanup(before: str, after: str) -> None:
    function: Function = parse_function(before)
    cleanup(function)
    assert print_function(function) == after


@pytest.mark.parametrize(
    ("op", "type_", "values", "result"),
    [
        (Op.DIV, NUM, (1.0, -0.0), -math.inf),
        (Op.IDIV, INT, (-7, 2), -3),
        (Op.IREM, INT, (-7, 2), -1),
        (Op.IDIV, U32, (-2, 2), 2**31 - 1),
        (Op.BSAR, U32, (2**31, 31), 2**32 - 1),
        (Op.BSHR, INT, (-1, 28), 15),
        (Op.BROL, U32, (0x80000001, 1), 3),
        (Op.BROR, U64, (1, 1), 2**63),
        (Op.BSWAP, U32, (0x11223344,), 0x44332211),
        (Op.CLZ, U32, (1,), 31),
        (Op.CTZ, U32, (8,), 3),
        (Op.COPY, U64, (1.0,), 0x3FF0000000000000),
        (Op.COPY, NUM, (0x3FF0000000000000,), 1.0),
    ],
)
def test_compute(op: Op, type_: IRType, values: tuple[float, ...], result: float) -> None:
    assert compute(op, type_, values) == result
