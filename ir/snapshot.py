"""Snapshots: what the interpreter must see if a guard fails.

Guards from `ref` on, up to the next snapshot, exit through it; its index in the trace is the exit number.
An entry says which value a Lua stack slot (counted from the trace's first `base - 2`, LuaJIT's FR2 numbering)
holds.  Slots without an entry are right on the stack already.

This module has the data only.  Taking snapshots is the recorder's, restoring them the backend's.
"""

from __future__ import annotations

from enum import IntFlag

from ir.record import dataclass
from ir.values import Ins


class SnapFlag(IntFlag):
    """LuaJIT's bits (`SNAP_*`, equal to the recorder's `TREF_*`)."""

    FRAME = 0x10000  # The slot is part of a frame: a function or a frame link.
    CONT = 0x20000  # A continuation frame.
    NORESTORE = 0x40000  # Only side traces read it: the stack holds the value already.
    SOFTFPNUM = 0x80000
    KEYINDEX = 0x100000  # The hidden index of a table traversal.


#: An operation on an IntFlag takes as long as all else that is done to an entry.
_NORESTORE = int(SnapFlag.NORESTORE)


@dataclass(frozen=True, slots=True)
class Entry:
    """`slot` holds the value of `ref`."""

    slot: int
    ref: Ins
    flags: int = 0

    @property
    def is_restored(self) -> bool:
        return not self.flags & _NORESTORE


@dataclass(eq=False, slots=True)
class Snapshot:
    """State of the Lua stack before bytecode `pc`."""

    ref: int  # First instruction it covers.
    nslots: int
    topslot: int
    entries: tuple[Entry, ...]
    pc: int  # Address of the bytecode to resume at.
    baseslot: int = 2
    frames: tuple[int, ...] = ()  # Frame links (return PCs and sizes) of the inlined frames, innermost last.
    count: int = 0  # Exits taken; kept by the runtime.
    mark: int = 0  # Scratch of passes and listings.

    def entry(self, slot: int) -> Entry | None:
        """The entry of a slot, if the snapshot has one."""
        for entry in self.entries:
            if entry.slot == slot:
                return entry
        return None
