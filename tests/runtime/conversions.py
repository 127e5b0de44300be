"""The upcalls that natives make for numbers they do not convert themselves, for tests without a Runtime."""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import TValue
from jitvm.runtime import value
from jitvm.runtime.heap import Heap
from jitvm.runtime.upcalls import Upcall


class Conversions:
    """Stands in for `VM.upcall`."""

    def __init__(self, heap: Heap) -> None:
        self.heap, self.count = heap, 0

    def __call__(self, number: int, a: int, b: int, c: int) -> int:
        self.count += 1
        assert number == Upcall.STRING_TO_NUMBER, number
        text = self.heap.text(value.str_of(Ptr(TValue, a)))
        try:
            found = float.fromhex(text.decode()) if b"x" in text else float(text)
        except ValueError:
            return 0
        value.set_number(Ptr(TValue, b), found)
        return 1
