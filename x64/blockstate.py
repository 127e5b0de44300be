"""What the allocator is told, and what it keeps of blocks and loops."""

from __future__ import annotations

from ir.record import dataclass, field
from ir.values import Block, Ins
from x64.asm import Item
from x64.encodings import Cond
from x64.moves import Place
from x64.regs import Reg

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from random import Random


@dataclass(slots=True)
class Policy:
    """What the surroundings of the code allow.  `random` makes every free choice by dice."""

    allocatable: int
    pinned: dict[Ins, Reg] = field(default_factory=dict)  # Values that own a register for good.
    incoming: dict[Ins, Place] = field(default_factory=dict)  # Where the function's parameters arrive.
    avoid: int = 0  # Free, but better left to the values that arrive in them.
    costly: int = 0  # Registers that must be saved if used at all.
    slot_base: int = 0
    random: Random | None = None


@dataclass(slots=True)
class Entry:
    """What a block expects at its top: values in registers, and values whose spill slot must be valid."""

    regs: dict[Ins, Reg] = field(default_factory=dict)
    slots: dict[Ins, None] = field(default_factory=dict)


@dataclass(slots=True)
class Advice:
    """What a first walk learned about loops, by loop header; a second walk starts with it."""

    constants: dict[Block, list[Ins]] = field(default_factory=dict)  # Worth a register for the whole loop.
    through: dict[Block, list[Ins]] = field(default_factory=dict)  # Better in memory for the whole loop.


@dataclass(slots=True)
class BlockCode:
    """The code of a block up to, not including, its jumps."""

    items: list[Item] = field(default_factory=list)
    homes: dict[Ins, Reg] = field(default_factory=dict)  # Where values are when the block is left.
    branch: list[tuple[Cond, bool]] = field(default_factory=list)
