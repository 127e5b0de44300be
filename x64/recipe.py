"""Exit recipes: how to write a snapshot back to the Lua stack, packed for the native exit handler.

When a guard fails, every value the interpreter must see is in a register, in a spill slot, or is a constant.
The compiler knows where; it packs that knowledge into 64-bit words beside the code:

    word 0   number of entries | snapshot number << 16 | top << 32 | multres << 48
    word 1   address of the bytecode to resume at
    word 2   signed: how many slots BASE moves
    word 3   flags | need << 32
    then one word per entry, and after a CONST entry one more with the slot's bits:
             slot (16 bits, signed, relative to the running BASE) | kind << 16 | where << 24 | tag << 32

`need` is how many slots above the running BASE the stack must have for the frames that are restored: inlined
calls grew no stack.  `top` is the thread's top in slots above the new BASE; `multres` is the interpreter's
count of open results (plus one) where the resumed bytecode takes a variable number of operands, else 0.

A `where` is a register number (0-15, of the class that the kind names) or the index of an 8-byte spill slot.

A table whose allocation was sunk has an entry NEW_TABLE or DUP_TABLE with the number of its stores in place
of the tag.  One word follows with its sizes (array size | hash bits << 32) or the address of its template,
then the stores: a word with the bits of the key, all ones for the metatable, and an entry for the value,
whose slot is not used.  If another slot holds the same table, its entry is SAME: the tag is the slot to copy.

All guards of one snapshot share its exit number.  When the allocator has moved a value between two of them,
the later guard gets an extra exit number of its own whose recipe names the same snapshot.
"""

from __future__ import annotations

import struct

from ir.enums import IntEnum
from ir.record import dataclass, field

FLAG_COUNTED = 1  # The exit counts towards a side trace.
FLAG_COLLECT = 2  # Give the collector a chance once the stack is restored.


class Kind(IntEnum):
    """Where the value is and how it becomes a slot."""

    CONST = 0  # The next word, as it is.
    NUM_REG = 1  # A double in an XMM register.
    NUM_SPILL = 2
    INT_REG = 3  # A 32-bit integer, stored as a double.
    INT_SPILL = 4
    GC_REG = 5  # A pointer that gets `tag` in its upper 17 bits.
    GC_SPILL = 6
    RAW_REG = 7  # 64 bits as they are.
    RAW_SPILL = 8
    KEYINDEX_REG = 9  # The loop index of an ITERN: the integer under the key-index tag.
    KEYINDEX_SPILL = 10
    NEW_TABLE = 11
    DUP_TABLE = 12
    SAME = 13


#: In place of a store's key: nil is no key.
METATABLE_KEY = 0xFFFFFFFFFFFFFFFF
_WORD = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One slot to write.  `where` is unused for CONST; `tag` is the itype of GC values or the constant's
    bits.

    A table has its sizes or template in `content`, and its stores."""

    slot: int
    kind: Kind
    where: int = 0
    tag: int = 0
    content: int = 0
    stores: tuple[tuple[int, Entry], ...] = ()
    _words: list[int] | None = field(default=None, init=False, repr=False, compare=False)

    def words(self) -> list[int]:
        """As packed."""
        if self._words is None:
            self._words = self._packed()  # type: ignore[misc]
        return self._words

    def _packed(self) -> list[int]:
        is_const = self.kind is Kind.CONST
        tag = 0 if is_const else (len(self.stores) or self.tag) & 0xFFFFFFFF
        packed = [self.slot & 0xFFFF | self.kind << 16 | self.where << 24 | tag << 32]
        if is_const:
            packed.append(self.tag & _WORD)
        elif self.kind in (Kind.NEW_TABLE, Kind.DUP_TABLE):
            packed.append(self.content)
            for key, value in self.stores:
                packed += [key, *value.words()]
        return packed


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything the exit handler needs to leave a trace at one snapshot."""

    snapshot: int
    pc: int
    base_delta: int
    top: int
    multres: int
    entries: tuple[Entry, ...]
    flags: int = FLAG_COUNTED
    need: int = 0

    def pack(self) -> bytes:
        words = [
            len(self.entries) | self.snapshot << 16 | self.top << 32 | self.multres << 48,
            self.pc,
            self.base_delta & 0xFFFFFFFFFFFFFFFF,
            self.flags | self.need << 32,
        ]
        for entry in self.entries:
            words += entry.words()
        return struct.pack(f"<{len(words)}Q", *words)
