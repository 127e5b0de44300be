"""Python's side of parcels (parcels.py): images of objects, packed into bytes.

    parcel = Parcel(size of the image)
    word = STR_BITS | parcel.add(b"text")    a slot that becomes the string
    heap.call_with_bytes("template_unpack", parcel.behind(image))
"""

from __future__ import annotations

import struct
from array import array
from itertools import chain

from jitvm.runtime.value import STR_BITS

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jitvm.runtime.values import Values

#: Fields of a `parcels.Template`, and the length before the bytes of a string.
_TEMPLATE, _LENGTH = struct.Struct("<4I"), struct.Struct("<I")


class Parcel:
    """The strings of a parcel, which stand behind `start` bytes of other things."""

    __slots__ = ("_end", "_parts", "_start")

    def __init__(self, start: int) -> None:
        self._start = self._end = start
        self._parts: list[bytes] = []

    def add(self, text: bytes) -> int:
        """How far from the start of the parcel the string is."""
        at, length = self._end, len(text)
        self._parts += (_LENGTH.pack(length), text)
        self._end = at + _LENGTH.size + length
        return at

    def behind(self, image: bytes) -> bytes:
        """The whole parcel."""
        return b"".join((image, bytes(self._start - len(image)), *self._parts))


def pack_table(
    values: Values,
    asize: int,
    hbits: int,
    array_part: Sequence[object],
    pairs: Iterable[tuple[object, object]],
) -> bytes:
    """A table of these values in its array part, from index 0 on, and of these keys and their values."""
    items = [*array_part, *chain.from_iterable(pairs)]
    parcel = Parcel(_TEMPLATE.size + 8 * len(items))
    slot, add = values.from_python, parcel.add
    words = array("Q")
    for item in items:
        if isinstance(item, str):
            item = item.encode()
        words.append(STR_BITS | add(item) if isinstance(item, bytes) else slot(item))
    count = len(array_part)
    return parcel.behind(_TEMPLATE.pack(asize, hbits, count, (len(items) - count) // 2) + words.tobytes())
