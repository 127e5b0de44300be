"""What only cold blocks of a handler read is computed there; addresses cost the fast path nothing."""

from __future__ import annotations

from ir.funcbuilder import FunctionBuilder
from ir.ops import Op
from ir.types import IRType
from ir.values import Block, Convention, Edge, Function
from ir.verify import verify

P64 = IRType.P64


def handler(fast_path_reads: int) -> Function:
    """An address that the slow path is told; the fast path loads from it, and perhaps stores it."""
    b = FunctionBuilder("h", Convention.HANDLER, None)
    state = [b.param(P64) for _ in range(4)]
    a, index = b.param(IRType.U64), b.param(IRType.U64)
    address = b.emit(Op.ADD, P64, state[0], b.emit(Op.BSHL, IRType.U64, index, b.kint(3)))
    value = b.load(IRType.U64, address)
    fast, slow = b.new_block(), Block(9, cold=True)
    b.branch(Op.NE, IRType.U64, value, b.kint(0, IRType.U64), Edge(fast), Edge(slow))
    b.place(fast)
    b.store(IRType.U64, state[0], address if fast_path_reads else value)
    b.end(Op.NEXT, *state)
    b.place(slow)
    b.end(Op.TAIL, "slow", *state, address, a)
    return b.finish()


def ops(block: Block) -> list[str]:
    return [ins.op.name for ins in block.body]


def test_a_cold_block_computes_the_address_itself() -> None:
    function = handler(fast_path_reads=0)
    verify(function)
    entry, slow = function.blocks[0], function.blocks[-1]
    assert ops(entry) == ["BSHL", "ADD", "XLOAD", "NE", "BR"], "as parts of the load's address"
    assert ops(slow) == ["BSHL", "ADD", "TAIL"]
    assert slow.end.args[5] is slow.body[1] and slow.body[1].args[1] is slow.body[0]


def test_what_the_fast_path_reads_stays() -> None:
    assert ops(handler(fast_path_reads=1).blocks[-1]) == ["TAIL"]


def test_what_only_the_slow_path_reads_is_gone_from_the_fast_one() -> None:
    b = FunctionBuilder("h", Convention.HANDLER, None)
    state = [b.param(P64) for _ in range(4)]
    a, index = b.param(IRType.U64), b.param(IRType.U64)
    sum_ = b.emit(Op.ADD, IRType.U64, a, index)
    fast, slow = b.new_block(), Block(9, cold=True)
    b.branch(Op.NE, IRType.U64, index, b.kint(0, IRType.U64), Edge(fast), Edge(slow))
    b.place(fast)
    b.end(Op.NEXT, *state)
    b.place(slow)
    b.end(Op.TAIL, "slow", *state, sum_, sum_)
    function = b.finish()
    verify(function)
    assert ops(function.blocks[0]) == ["NE", "BR"] and ops(function.blocks[-1]) == ["ADD", "TAIL"]
