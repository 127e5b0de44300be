"""What the allocator did, in the vocabulary its independent checker replays.

A trail holds, for every block and edge, the events in program order: moves between places, constants put
into registers, and the execution of instructions with the operands they got.
"""

from __future__ import annotations

from ir.record import dataclass, field
from ir.values import Block, Ins
from x64.asm import Item, Jump, Label, SymbolJump
from x64.moves import Move, Park, Place, Swap, Unpark
from x64.operands import Operand
from x64.wants import Want


@dataclass(frozen=True, slots=True)
class Fill:
    """A constant put into a place."""

    dst: Place
    value: Ins


@dataclass(slots=True)
class Executed:
    """An instruction ran with these operands, one per want."""

    ins: Ins
    wants: tuple[Want, ...]
    operands: list[Operand | None]


Step = Move | Swap | Park | Unpark | Fill
Event = Step | Executed


@dataclass(slots=True)
class Trail:
    """Everything there is to check about one allocation."""

    entry: dict[Ins, Place] = field(default_factory=dict)  # Where the function's parameters arrive.
    prologue: list[Event] = field(default_factory=list)
    blocks: dict[Block, list[Event]] = field(default_factory=dict)
    edges: dict[tuple[Block, int], list[Event]] = field(default_factory=dict)  # (block, number of its edge)
    written: list[tuple[Item, Ins]] = field(default_factory=list)  # What became of each instruction.

    def origins(self, items: list[Item], starts: list[int]) -> dict[int, Ins]:
        """By offset: the instruction that the machine instruction there was written for.

        `starts` are the offsets of all items but labels.  A jump without an origin belongs to the comparison
        before it."""
        known = {id(item): ins for item, ins in self.written}
        found: dict[int, Ins] = {}
        last: Ins | None = None
        for item, start in zip([each for each in items if not isinstance(each, Label)], starts):
            jumps = isinstance(item, Jump | SymbolJump) and item.cond is not None
            last = known.get(id(item), last if jumps else None)
            if last is not None:
                found[start] = last
        return found
