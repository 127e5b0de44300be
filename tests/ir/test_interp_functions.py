"""The evaluator of native functions."""

from __future__ import annotations

import pytest

from ir.funcbuilder import FunctionBuilder
from ir.interp import Jump, Machine, OutOfSteps
from ir.layout import ACCESS
from ir.ops import Op
from ir.parser import parse_function
from ir.types import IRType
from ir.values import Convention, Edge

SUM = """
function sum native int
block0(0001 int)
0002 nil JMP    ->block1(+0 +0)
block1(0003 int, 0004 int)
0005 int LT     0003 0001
0006 nil BR     0005 ->block2 ->block3
block2
0007 int ADD    0003 +1
0008 int ADD    0004 0003
0009 nil JMP    ->block1(0007 0008)
block3
0010 nil RET    0004
"""

SWAP = """
function swap native none
block0(0001 p64)
0002 p64 ADD    0001 i64:+2
0003 u8  XLOAD  0001 #0
0004 i16 XLOAD  0002 #0
0005 i16 XSTORE 0001 0004
0006 u8  XSTORE 0002 0003
0007 nil RET
"""


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.data[address : address + size])

    def write(self, address: int, data: bytes) -> None:
        self.data[address : address + len(data)] = data


def test_loop() -> None:
    assert Machine({"sum": parse_function(SUM)}).call("sum", 10) == 45


def test_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Bytes(bytes([1, 2, 0xFE, 0xFF]))
    monkeypatch.setattr(ACCESS, "memory", memory)
    assert Machine({"swap": parse_function(SWAP)}).call("swap", 0) is None
    assert list(memory.data) == [0xFE, 0xFF, 1, 0xFF]


def test_endless_loops_are_stopped() -> None:
    text = "function f native none\nblock0\n0001 nil JMP ->block1\nblock1\n0002 nil JMP ->block1\n"
    with pytest.raises(OutOfSteps):
        Machine({"f": parse_function(text)}, steps=100).call("f")


def test_calls() -> None:
    text = """
function f native num
block0(0001 u64, 0002 num)
0003 num CALL   @g 0002
0004 num CALLPTR 0001 0003
0005 nil CALL   @log 0004
0006 nil RET    0004
"""
    seen: list[float] = []
    machine = Machine(
        {"f": parse_function(text)},
        externals={"g": lambda x: x + 1, "log": seen.append},
        pointers=lambda address: lambda x: x * address,
    )
    assert machine.call("f", 10, 1.5) == 25.0
    assert seen == [25.0]


def test_handler_ends_in_a_jump() -> None:
    b = FunctionBuilder("h", Convention.HANDLER, None)
    base, pc, kbase, g, ra, rd = (b.param(IRType.P64) for _ in range(6))
    cold, warm = b.new_block(), b.new_block()
    b.branch(Op.EQ, IRType.U64, ra, b.kint(0, IRType.U64), Edge(cold), Edge(warm))
    b.place(cold)
    b.end(Op.TAIL, "slow", base, pc, kbase, g, ra, rd)
    b.place(warm)
    b.end(Op.NEXT, base, b.emit(Op.ADD, IRType.P64, pc, b.kint(4, IRType.I64)), kbase, g)
    machine = Machine({"h": b.finish()})
    assert machine.call("h", 1, 2, 3, 4, 0, 6) == Jump(Op.TAIL, "slow", 1, 2, 3, 4, (0, 6))
    assert machine.call("h", 1, 2, 3, 4, 5, 6) == Jump(Op.NEXT, None, 1, 6, 3, 4, ())
