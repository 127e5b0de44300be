"""What folding may ask of the heap, and reading strings and tables through the layout.

Constants of a trace are objects of the heap, so folding them reads it.  Reading goes through `ir.layout`;
what makes new objects (interning a string, formatting a number) is the runtime's and comes as a `Heap`.
"""

from __future__ import annotations

from typing import Protocol

from ir.layout import ACCESS, Ptr
from ir.objects import GCstr


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

    def table_get(self, table: int, key: object) -> int:
        """Raw lookup of an int, float, bool or (string) address; address of the value, `niltv` if absent."""


def string_bytes(address: int) -> bytes:
    """Contents of a string."""
    string = Ptr(GCstr, address)
    return ACCESS.memory.read(string_data(address), string.len)


def string_data(address: int) -> int:
    """Address of the first byte of a string."""
    return address + GCstr.sizeof()
