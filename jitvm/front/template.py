"""Template tables: the constant part of a table constructor, filled while it is read.

The parts grow by LuaJIT's rules, because a copy made by TDUP has the template's sizes, and with them the
same border for `#` and the same room before its first rehash.  Which node a key takes depends on string
hashes and is left to the run time; how full the hash part is does not.

    {1, 2, x = 3, y = f()}     array [nil, 1, 2]    hash x = 3, y reserved    asize 3, hbits 1

A hash part of 2**n nodes is full after 2**n keys, whatever their hashes; the next key makes both parts fit
anew: the array part becomes the largest power of two, plus one, of which more than half is used.
"""

from __future__ import annotations

from jitvm.front.proto import Constant, TemplateTable

MAX_ARRAY_BITS = 28
MAX_ARRAY_SIZE = (1 << (MAX_ARRAY_BITS - 1)) + 1


class _Reserved:
    """The value of a key that the following bytecodes assign: not nil while the table grows."""


RESERVED = _Reserved()

Value = Constant | _Reserved
Key = float | bool | bytes


def hash_bits(size: int) -> int:
    """The size class of a hash part for that many keys."""
    return max(1, (size - 1).bit_length()) if size else 0


class TemplateBuilder:
    """Grows like a table of the running program."""

    __slots__ = ("_array", "_hash", "_hbits")

    def __init__(self, asize: int, hbits: int) -> None:
        self._array: list[Value] = [None] * asize
        self._hash: dict[tuple[bool, Key], Value] = {}   # the first half tells True from 1
        self._hbits = hbits

    @property
    def asize(self) -> int:
        return len(self._array)

    def set(self, key: Key, value: Value) -> None:
        index = _array_index(key)
        if index is not None and index < len(self._array):
            self._array[index] = value
            return
        entry = (isinstance(key, bool), key)
        if entry not in self._hash and len(self._hash) >= self._capacity():
            self._rehash(key)
            self.set(key, value)
        else:
            self._hash[entry] = value

    def reserve(self, key: Key) -> None:
        self.set(key, RESERVED)

    def grow_array(self, asize: int) -> None:
        if asize > len(self._array):
            self._resize(asize, self._hbits)

    def finish(self, into: TemplateTable) -> None:
        into.array = [None if isinstance(value, _Reserved) else value for value in self._array]
        into.hash = [(key, None if isinstance(value, _Reserved) else value)
                     for (_, key), value in self._hash.items()]
        into.asize = len(self._array)
        into.hbits = self._hbits

    def _capacity(self) -> int:
        return 1 << self._hbits if self._hbits else 0

    def _rehash(self, extra: Key) -> None:
        """Both parts fit what they hold and one key more."""
        bins = [0] * MAX_ARRAY_BITS
        total = 1
        for index, value in enumerate(self._array):
            if value is not None:
                bins[_bin(index)] += 1
                total += 1
        for (_, key), value in self._hash.items():
            if value is not None:
                total += 1
                _count(bins, key)
        _count(bins, extra)
        asize, in_array = _best_array_size(bins)
        self._resize(asize, hash_bits(total - in_array))

    def _resize(self, asize: int, hbits: int) -> None:
        moved: list[tuple[Key, Value]] = []
        moved += [(float(index), value) for index, value in enumerate(self._array) if index >= asize]
        moved += [(key, value) for (_, key), value in self._hash.items()]
        self._array = self._array[:asize] + [None] * (asize - len(self._array))
        self._hash = {}
        self._hbits = hbits
        for key, value in moved:
            if value is not None:
                self.set(key, value)


def _array_index(key: Key) -> int | None:
    """The key as a place in an array part, if it can be one."""
    if isinstance(key, float) and 0.0 <= key < MAX_ARRAY_SIZE and key.is_integer():
        return int(key)
    return None


def _bin(index: int) -> int:
    """Keys by powers of two: 0..2, 3..4, 5..8, ..."""
    return (index - 1).bit_length() - 1 if index > 2 else 0


def _count(bins: list[int], key: Key) -> None:
    index = _array_index(key)
    if index is not None:
        bins[_bin(index)] += 1


def _best_array_size(bins: list[int]) -> tuple[int, int]:
    """The largest size that is more than half used, and how many keys that takes in."""
    candidates = sum(bins)
    size = inside = used = 0
    for bits, count in enumerate(bins):
        if 2 * candidates <= 1 << bits or used == candidates:
            break
        used += count
        if count and 2 * used > 1 << bits:
            size, inside = (2 << bits) + 1, used
    return size, inside
