"""Machine code of a trace's loop: what it costs to go round once."""

from __future__ import annotations

from itertools import takewhile

from iced_x86 import Code, Decoder, Instruction, Mnemonic

from ir.expand.core import Expansion
from ir.ops import CONV_DST_SHIFT, Op
from ir.types import IRType
from ir.values import Convention, Exit, ExitSlot, Ins
from tests.x64.support import INT, NUM, P64, Builder, const
from x64.check import check
from x64.fuse import Selection
from x64.trace import compile_trace
from x64.trail import Trail


def exit_with(*values: Ins) -> Exit:
    slots = tuple(ExitSlot(number, value, value.type) for number, value in enumerate(values))
    return Exit(0, slots, 0x1000, 0, 0, 0)


def loop_code(b: Builder) -> list[Instruction]:
    """The instructions of the loop, up to the jump that closes it; what the allocator did is checked."""
    trail = Trail()
    code = compile_trace(Expansion(b.fn, [], {}, []), 1, [], trail)
    check(b.fn, trail, Selection(b.fn))
    found = list(Decoder(64, code.data[code.loop_offset : code.code_size]))
    back = [i for i, ins in enumerate(found) if ins.is_jcc_short and ins.near_branch_target == 0]
    assert back, [str(ins) for ins in found]
    return found[: back[-1] + 1]


def loop_of(*types: object) -> tuple[Builder, list[Ins]]:
    """A builder at the top of a loop whose variables start at 1."""
    b = Builder("TRACE_1", P64, P64, convention=Convention.TRACE)
    loop = b.block(*types)
    b.jump(loop, *[const(type_, 1) for type_ in types])
    b.at = loop
    return b, loop.params


def guard(b: Builder, op: Op, type_: object, left: Ins, right: Ins, *alive: Ins) -> None:
    b.emit(op, type_, left, right, exit_with(*alive)).guard = True


def test_exchanged_variables_move_at_the_top() -> None:
    b, (x, y) = loop_of(NUM, NUM)
    total = b.emit(Op.ADD, NUM, x, y)
    guard(b, Op.LT, NUM, total, const(NUM, 100.0), y, total)
    b.jump(b.at, y, total)
    code = loop_code(b)
    assert [ins.mnemonic for ins in code[-2:]] == [Mnemonic.UCOMISD, Mnemonic.JA]
    assert len(code) <= 6, [str(ins) for ins in code]


def test_variable_that_an_exit_needs_is_copied_once() -> None:
    b, (x,) = loop_of(NUM)
    following = b.emit(Op.ADD, NUM, x, const(NUM, 1.0))
    guard(b, Op.LT, NUM, following, const(NUM, 100.0), x, following)
    b.jump(b.at, following)
    copies = [ins for ins in loop_code(b) if ins.mnemonic == Mnemonic.MOVAPS]
    assert len(copies) == 1, copies


def test_sum_replaces_the_loop_variable() -> None:
    b, (i, total) = loop_of(INT, NUM)
    number = b.emit(Op.CONV, NUM, i, NUM << CONV_DST_SHIFT | INT)
    sum_ = b.emit(Op.ADD, NUM, number, total)
    next_ = b.emit(Op.ADD, INT, i, const(INT, 1))
    guard(b, Op.LE, INT, next_, const(INT, 100), sum_, next_)
    b.jump(b.at, next_, sum_)
    assert [ins.mnemonic for ins in loop_code(b)] == [
        Mnemonic.XORPS, Mnemonic.CVTSI2SD, Mnemonic.ADDSD, Mnemonic.ADD, Mnemonic.CMP, Mnemonic.JLE,
    ]  # fmt: skip


def test_result_of_and_needs_no_test() -> None:
    b, (i,) = loop_of(INT)
    bits = b.emit(Op.BAND, INT, i, const(INT, 0x300))
    other = b.emit(Op.BXOR, INT, bits, i)
    guard(b, Op.NE, INT, other, const(INT, 0), bits)
    b.jump(b.at, other)
    assert all(ins.code != Code.TEST_RM32_R32 for ins in loop_code(b))


def test_a_diverted_loop_moves_its_values_before_it_leaves() -> None:
    """What the exit at the loop head restores stands where it does behind the moves at the top."""
    b, (x, y) = loop_of(NUM, NUM)
    b.emit(Op.POLL, IRType.NIL, exit_with(x, y)).guard = True
    total = b.emit(Op.ADD, NUM, x, y)
    guard(b, Op.LT, NUM, total, const(NUM, 100.0), y, total)
    b.jump(b.at, y, total)
    code = compile_trace(Expansion(b.fn, [], {}, []), 1, [])
    assert code.diversion is not None
    top = Decoder(64, code.data[code.loop_offset :])
    moves = [str(ins) for ins in takewhile(lambda ins: ins.mnemonic == Mnemonic.MOVAPS, top)]
    pad = [str(ins) for ins in Decoder(64, code.data[code.diversion.pad :])]
    assert moves and pad[: len(moves)] == moves and pad[len(moves)].startswith("jmp")
