"""What folding may ask of the heap, and reading strings and tables through the layout.

Constants of a trace are objects of the heap, so folding them reads it.  Reading goes through `ir.layout`;
what makes new objects (interning a string, formatting a number) is the runtime's and comes as a `Heap`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ir.layout import ACCESS, Ptr
from ir.objects import GCstr, GCtab, TValue
from ir.ops import Op
from ir.types import IRTYPES, NUMBER_LIMIT_HI, TAG_SHIFT, IRType
from ir.values import Ins


class Heap(Protocol):
    """The runtime's services for folding."""

    @property
    def niltv(self) -> int:
        """Address of the nil value that failed lookups return."""

    def intern(self, data: bytes) -> int:
        """Address of the interned string."""

    def format_number(self, number: float) -> bytes:
        """As `tostring` formats it."""

    def parse_number(self, data: bytes) -> float | None:
        """As `tonumber` reads it; None if it is not a number."""

    def format_item(self, call: int, spec: int, value: Ins) -> bytes | None:
        """A constant formatted by a formatting call of `ir.calls`; None to leave it to the trace."""


def string_bytes(address: int) -> bytes:
    """Contents of a string."""
    string = Ptr(GCstr, address)
    return ACCESS.memory.read(string_data(address), string.len)


def string_data(address: int) -> int:
    """Address of the first byte of a string."""
    return address + GCstr.sizeof()


def table_lookup(address: int, key: Ins) -> Ptr | None:
    """Place of a constant key in a table; None if it is absent."""
    table = Ptr(GCtab, address)
    if key.op is Op.KINT or key.op is Op.KNUM:
        number = float(key.args[0])
        if number.is_integer() and 0 <= number < table.asize:
            return Ptr(TValue, table.array.addr + 8 * int(number))
        return _find(table, _number_matches, number)
    if key.op is Op.KPRI:
        return _find(table, _tag_matches, ~int(key.type))
    return _find(table, _bits_match, (~int(key.type) << TAG_SHIFT | key.args[0]) & (1 << 64) - 1)


def slot_type(slot: Ptr) -> IRType:
    """The IR type of the value in a slot; every number is NUM."""
    tag = ~(slot.sbits >> TAG_SHIFT)
    return IRTYPES[tag] if 0 <= tag <= IRType.UDATA else IRType.NUM


def _find(table: Ptr, matches: Callable[[Ptr, float], bool], key: float) -> Ptr | None:
    """All nodes are tried: templates are small, and this needs no hash function."""
    for index in range(table.hmask + 1):
        node = table.node + index
        if matches(node.key, key):
            return Ptr(TValue, node.val.addr)
    return None


def _number_matches(slot: Ptr, number: float) -> bool:
    return bool(slot.hi < NUMBER_LIMIT_HI and slot.num == number)


def _tag_matches(slot: Ptr, tag: float) -> bool:
    return bool(slot.sbits >> TAG_SHIFT == tag)


def _bits_match(slot: Ptr, bits: float) -> bool:
    return bool(slot.bits == bits)
