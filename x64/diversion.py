"""How a running trace is interrupted: its last jump can be pointed elsewhere while it runs.

Machine code goes round for ever only through the back edge of a loop or a jump from one trace to another.
Each of them has a *pad* behind the code of its trace, and is diverted by changing its displacement alone:

    ->LOOP: ...                             jl ->LOOP       diverted: jl pad
            ...                     pad:    moves at the top of the loop; jmp ->exit of the loop head

            jmp ->TRACE 1                                   diverted: jmp pad
                                    pad:    mov rbx, pc of the last snapshot; jmp vm_trace_leave

Neither costs anything as long as nobody asks.  The jump runs on another core while it is changed, so the
store must not be torn: displacements of one byte cannot be, those of four are placed within one cache line
(`Area.allocate`).
"""

from __future__ import annotations

from ir.expand.stack import RESUME
from ir.layout import offset_of
from ir.objects import VM
from ir.record import dataclass
from ir.types import IRType
from ir.values import Exit
from x64.asm import Assembler, Item, Jump, Label, RelocKind, SymbolJump
from x64.operands import Imm, Mem, fits8
from x64.regs import PINNED_DISPATCH, PINNED_PC


@dataclass(slots=True, frozen=True)
class Diversion:
    """The jump whose displacement of `size` bytes is at offset `site`, and where it goes when diverted."""

    site: int
    size: int
    pad: int

    @property
    def displacement(self) -> int:
        """The displacement that leads to the pad."""
        return self.pad - (self.site + self.size)


@dataclass(slots=True)
class Planned:
    """A diversion of code that is not encoded yet: labels behind the jump and at the pad."""

    after: Label
    pad: Label
    loop: Label | None

    def made(self) -> Diversion:
        """The same after `encode`."""
        end = self.after.offset
        short = self.loop is not None and fits8(self.loop.offset - end)
        size = 1 if short else 4
        return Diversion(end - size, size, self.pad.offset)


def divert_loop(items: list[Item], loop: Label, head: list[Item], exit_symbol: str) -> Planned:
    """Append the pad of the back edge to `loop`, the last jump to it, with the moves at its head."""
    at = max(i for i, item in enumerate(items) if isinstance(item, Jump) and item.target is loop)
    planned = Planned(Label("after"), Label("pad"), loop)
    items.insert(at + 1, planned.after)
    items += [planned.pad, *head, SymbolJump(RelocKind.TAIL, exit_symbol)]
    return planned


def divert_link(items: list[Item], link: Exit) -> Planned:
    """Append the pad of the jump to another trace, which ends the code: the stack is written already."""
    last = items[-1]
    assert isinstance(last, SymbolJump) and last.symbol.startswith("trace:"), last
    planned = Planned(Label("after"), Label("pad"), None)
    asm = Assembler()
    asm.constant(PINNED_PC, link.pc)
    if link.multres:
        asm.store(IRType.U64, Mem(PINNED_DISPATCH, disp=offset_of(VM, "multres")), Imm(link.multres))
    asm.jump_symbol(RESUME)
    items += [planned.after, planned.pad, *asm.take()]
    return planned
