"""Executable memory: one memfd mapped twice, read-write and read-execute.

No page is ever writable and executable at once.  Code is written through one mapping and runs in the other;
both are reserved for the whole limit at once, so addresses never change and everything inside is within
rel32 reach of everything else:

    area = Area(limit=1 << 20)
    block = area.allocate(64)
    area.write(block, b"\\xc3")
    area.free(block, 64)

The mappings are asked for at a fixed address, so that listings are the same in every run; if that place is
taken, anywhere will do.  Freed blocks are merged and used again, first fit.
"""

from __future__ import annotations

import errno
import os
from bisect import insort

from x64.foreign import error_number, function, store, view

DEFAULT_LIMIT = 64 << 20
HINT = 0x55_5500_0000_00
ALIGNMENT, CACHE_LINE = 16, 64
PAGE = 4096
PROT_READ, PROT_WRITE, PROT_EXEC = 1, 2, 4
MAP_SHARED, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE = 1, 0x20, 0x100000
MREMAP_MAYMOVE = 1
MAP_FAILED = (1 << 64) - 1


class AreaFull(Exception):
    """The limit for machine code is reached."""


class Area:
    """A range of executable memory with an allocator.  Addresses are those of the executable mapping."""

    def __init__(self, limit: int = DEFAULT_LIMIT, hint: int = HINT) -> None:
        self.limit = -(-limit // PAGE) * PAGE
        self._mmap, self._munmap = function("mmap", "QQiiiQ>Q"), function("munmap", "QQ>i")
        fd = os.memfd_create("jitvm-code")
        try:
            os.ftruncate(fd, self.limit)
            self.start = self._map(fd, PROT_READ | PROT_EXEC, hint)
            self._writable = self._map(fd, PROT_READ | PROT_WRITE, hint + self.limit)
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            self._share_pages(hint)
        finally:
            os.close(fd)
        self._view = view(self._writable, self.limit)
        self._free: list[tuple[int, int]] = [(0, self.limit)]  # (offset, size), sorted, never adjacent
        self.allocated = 0

    def _share_pages(self, hint: int) -> None:
        """Without a file, where the size of files is limited (ulimit -f): shared pages, mapped once more."""
        self.start = self._map(-1, PROT_READ | PROT_WRITE, hint)
        remap, protect = function("mremap", "QQQiQ>Q"), function("mprotect", "QQi>i")
        self._writable = int(remap(self.start, 0, self.limit, MREMAP_MAYMOVE, 0))
        if self._writable == MAP_FAILED or protect(self.start, self.limit, PROT_READ | PROT_EXEC) != 0:
            raise OSError(error_number(), "no memory for machine code")

    def _map(self, fd: int, prot: int, hint: int) -> int:
        shared = MAP_SHARED if fd >= 0 else MAP_SHARED | MAP_ANONYMOUS
        for where, flags in ((hint, shared | MAP_FIXED_NOREPLACE), (0, shared)):
            address = int(self._mmap(where, self.limit, prot, flags, fd, 0))
            if address != MAP_FAILED and (address == where or where == 0):
                return address
            if address != MAP_FAILED:
                self._munmap(address, self.limit)
        raise OSError(error_number(), "no memory for machine code")

    @property
    def end(self) -> int:
        return self.start + self.limit

    def contains(self, address: int) -> bool:
        return self.start <= address < self.end

    def allocate(self, size: int, whole: int = 0) -> int:
        """The address of `size` bytes, 16-byte aligned.  Raises AreaFull.

        The four bytes at offset `whole` will lie within one cache line, so that a store to them is never seen
        half done."""
        size = rounded(size)
        for i, (offset, length) in enumerate(self._free):
            skipped = ALIGNMENT if (offset + whole) % CACHE_LINE > CACHE_LINE - 4 else 0
            if length >= skipped + size:
                left = [(offset, skipped), (offset + skipped + size, length - skipped - size)]
                self._free[i : i + 1] = [(start, room) for start, room in left if room]
                self.allocated += size
                return self.start + offset + skipped
        raise AreaFull(f"{size} bytes of machine code do not fit: {self.allocated} of {self.limit} in use")

    def free(self, address: int, size: int) -> None:
        """Give back a block; what runs in it must have left."""
        size = rounded(size)
        offset = address - self.start
        assert 0 <= offset and offset + size <= self.limit, hex(address)
        self.allocated -= size
        insort(self._free, (offset, size))
        merged: list[tuple[int, int]] = []
        for start, length in self._free:
            if merged and merged[-1][0] + merged[-1][1] == start:
                merged[-1] = (merged[-1][0], merged[-1][1] + length)
            else:
                assert not merged or merged[-1][0] + merged[-1][1] < start, f"{hex(address)} freed twice"
                merged.append((start, length))
        self._free = merged

    def write(self, address: int, data: bytes) -> None:
        """Put bytes in place; visible to the executable mapping at once."""
        offset = address - self.start
        assert 0 <= offset and offset + len(data) <= self.limit, hex(address)
        self._view[offset : offset + len(data)] = data

    def write_rel32(self, address: int, target: int) -> None:
        """Point the four displacement bytes at `address` to target."""
        self.write(address, (target - (address + 4)).to_bytes(4, "little", signed=True))

    def patch(self, address: int, size: int, value: int) -> None:
        """Change one or four bytes of code that may be running: in one store."""
        assert size in (1, 4) and self.contains(address), (hex(address), size)
        store(self._writable + address - self.start, size, value)

    def read(self, address: int, size: int) -> bytes:
        offset = address - self.start
        assert 0 <= offset and offset + size <= self.limit, hex(address)
        return self._view[offset : offset + size].tobytes()

    def place(self, data: bytes) -> int:
        """Allocate and write."""
        address = self.allocate(len(data))
        self.write(address, data)
        return address

    def close(self) -> None:
        """Unmap everything.  No code of the area may run afterwards."""
        if self.start:
            self._view.release()
            self._munmap(self.start, self.limit)
            self._munmap(self._writable, self.limit)
            self.start = self._writable = 0


def rounded(size: int) -> int:
    return -(-max(size, 1) // ALIGNMENT) * ALIGNMENT
