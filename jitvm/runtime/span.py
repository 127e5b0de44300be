"""Where a thread's stack is, read from Python in one go: calls of library functions are short.

    base, top, maxstack, stack = span(memory, thread)     addresses
    set_top(memory, thread, top)
"""

from __future__ import annotations

import struct

from ir.layout import offset_of
from ir.objects import State
from jitvm.runtime.state import HANDLER_ROOM, MAX

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from ir.layout import Memory

BASE, TOP, MAXSTACK, STACK = (offset_of(State, name) for name in ("base", "top", "maxstack", "stack"))
assert (TOP, MAXSTACK, STACK) == (BASE + 8, BASE + 16, BASE + 24)
_FIELDS, _PAIR, _WORD = struct.Struct("<4Q"), struct.Struct("<2Q"), struct.Struct("<Q")
_SIZE = _FIELDS.size


def span(memory: Memory, thread: int) -> tuple[int, int, int, int]:
    """Base, top, maxstack and stack."""
    return _FIELDS.unpack(memory.read(thread + BASE, _SIZE))  # type: ignore[return-value]


def has_handler_room(memory: Memory, thread: int) -> bool:
    """Is there room for a message handler, or could there be?"""
    _, top, maxstack, stack = span(memory, thread)
    return top + 8 * HANDLER_ROOM < maxstack or maxstack <= stack + 8 * MAX


def set_top(memory: Memory, thread: int, top: int) -> None:
    memory.write(thread + TOP, _WORD.pack(top))


def set_frame(memory: Memory, thread: int, base: int, top: int) -> None:
    """Another frame runs: where it begins and ends."""
    memory.write(thread + BASE, _PAIR.pack(base, top))
