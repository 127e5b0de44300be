"""The registry of lowering rules: IR opcode -> generator of wants and machine code.

A rule is written against `Lowering`, which gives it the assembler, the selection, and what only the end of
a block has to say: how to branch.

    @lower(Op.BNOT)
    def bnot(lo: Lowering, ins: Ins) -> Rule:
        (dst,) = yield (InOut(ins.args[0]),)
        lo.asm.unary(Unary.NOT, width_of(ins.type), dst)

`lower.missing` names the opcodes nobody implements.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from ir.ops import Op
from ir.record import dataclass, field
from ir.values import Exit, Function, Ins
from x64.asm import Assembler
from x64.encodings import Cond
from x64.fuse import Selection
from x64.wants import Want

#: What a rule receives is one operand per want; the want says which kind, so the type is open here only.
Rule: TypeAlias = Generator[tuple[Want, ...], list[Any], None]


def nothing() -> None:
    """Nothing to forget."""


def left_first(ins: Ins, left: Ins, right: Ins) -> bool:
    """Overwrite the left operand."""
    return False


def no_exits(exit_: Exit) -> str:
    raise AssertionError(f"{exit_}: only traces have exits")


@dataclass(slots=True)
class Lowering:
    """What a rule can reach."""

    fn: Function
    asm: Assembler
    selection: Selection
    #: How to leave the block: (condition, whether it means the taken edge), in order.
    branch: list[tuple[Cond, bool]] = field(default_factory=list)
    #: Whether the result of a commutative instruction had better overwrite its right operand.
    overwrites_right: Callable[[Ins, Ins, Ins], bool] = left_first
    #: Called when allocation begins anew.
    restart: Callable[[], None] = nothing
    #: Where a failing guard jumps, values being where they are now.
    exit_symbol: Callable[[Exit], str] = no_exits
    #: Symbol of the exit at the loop head.
    poll: str = ""


RuleFunction: TypeAlias = Callable[[Lowering, Ins], Rule]


class Registry(dict[Op, RuleFunction]):
    """op -> rule, one rule per op."""

    def __call__(self, *ops: Op) -> Callable[[RuleFunction], RuleFunction]:
        def add(rule: RuleFunction) -> RuleFunction:
            taken = [op.name for op in ops if op in self]
            assert not taken, f"{rule.__name__}: {taken} already implemented"
            self.update(dict.fromkeys(ops, rule))
            return rule

        return add

    @property
    def missing(self) -> list[str]:
        return [op.name for op in Op if op not in self]


lower = Registry()
