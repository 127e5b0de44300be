"""Reads the output of luajit's `string.dump`, to compare what listings do not show.

The format is LuaJIT's bytecode dump, version 2, little endian, not stripped.  Everything of a prototype is in
it but the sizes of template tables.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field


@dataclass(slots=True)
class Dumped:
    """A prototype as read; names are those of jitvm.front.proto."""

    flags: int
    numparams: int
    framesize: int
    firstline: int
    numline: int
    bytecode: list[int]
    upvalues: list[int]
    kgc: list[object]
    knum: list[float]
    lines: list[int] = field(default_factory=list)
    uvnames: list[bytes] = field(default_factory=list)
    varinfo: list[tuple[bytes, int, int]] = field(default_factory=list)


VARIABLE_NAMES = (b"", b"(for index)", b"(for limit)", b"(for step)", b"(for generator)", b"(for state)",
                  b"(for control)")
CHILD, TABLE, INT64, UINT64, COMPLEX, STRING = range(6)


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pos = 0

    def byte(self) -> int:
        self.pos += 1
        return self.data[self.pos - 1]

    def take(self, size: int) -> bytes:
        self.pos += size
        return self.data[self.pos - size:self.pos]

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def uleb33(self) -> tuple[bool, int]:
        """A number whose lowest bit is a flag of its own."""
        value = self.uleb()
        return bool(value & 1), value >> 1

    def zero_terminated(self) -> bytes:
        end = self.data.index(b"\0", self.pos)
        text = self.data[self.pos:end]
        self.pos = end + 1
        return text

    def double(self) -> float:
        low = self.uleb()
        return join_double(low, self.uleb())

    def unsigned(self) -> int:
        low = self.uleb()
        return low | self.uleb() << 32


def join_double(low: int, high: int) -> float:
    return struct.unpack("<d", struct.pack("<II", low, high))[0]


def signed(word: int) -> float:
    return float(word - (word >> 31 << 32))


def read_dump(data: bytes) -> Dumped:
    reader = Reader(data)
    assert reader.take(4) == b"\x1bLJ\x02"
    reader.uleb()
    reader.take(reader.uleb())
    stack: list[Dumped] = []
    while (size := reader.uleb()) != 0:
        end = reader.pos + size
        stack.append(read_prototype(reader, stack))
        assert reader.pos == end
    assert len(stack) == 1
    return stack[0]


def read_prototype(reader: Reader, stack: list[Dumped]) -> Dumped:
    flags, numparams, framesize, sizeuv = (reader.byte() for _ in range(4))
    sizekgc, sizekn, sizebc = (reader.uleb() for _ in range(3))
    sizedebug = reader.uleb()
    firstline, numline = reader.uleb(), reader.uleb()
    code = list(struct.unpack(f"<{sizebc}I", reader.take(4 * sizebc)))
    upvalues = list(struct.unpack(f"<{sizeuv}H", reader.take(2 * sizeuv)))
    kgc = [read_constant(reader, stack) for _ in range(sizekgc)][::-1]
    knum = [read_number(reader) for _ in range(sizekn)]
    proto = Dumped(flags, numparams, framesize, firstline, numline, code, upvalues, kgc, knum)
    read_debug(reader, proto, reader.pos + sizedebug)
    return proto


def read_constant(reader: Reader, stack: list[Dumped]) -> object:
    kind = reader.uleb()
    if kind == CHILD:
        return stack.pop()
    if kind == TABLE:
        narray, nhash = reader.uleb(), reader.uleb()
        array = [read_table_constant(reader) for _ in range(narray)]
        pairs = [(read_table_constant(reader), read_table_constant(reader)) for _ in range(nhash)]
        return array, sorted(map(repr, pairs))
    if kind in (INT64, UINT64):
        value = reader.unsigned()
        return ("int64", value - (value >> 63 << 64)) if kind == INT64 else ("uint64", value)
    if kind == COMPLEX:
        assert reader.double() == 0.0
        return "complex", reader.double()
    return reader.take(kind - STRING)


def read_table_constant(reader: Reader) -> object:
    kind = reader.uleb()
    if kind >= STRING:
        return reader.take(kind - STRING)
    if kind == 3:
        return signed(reader.uleb())
    return reader.double() if kind == 4 else (None, False, True)[kind]


def read_number(reader: Reader) -> float:
    is_double, low = reader.uleb33()
    return join_double(low, reader.uleb()) if is_double else signed(low)


def read_debug(reader: Reader, proto: Dumped, end: int) -> None:
    size, form = (1, "B") if proto.numline < 256 else (2, "H") if proto.numline < 65536 else (4, "I")
    count = len(proto.bytecode)
    deltas = struct.unpack(f"<{count}{form}", reader.take(size * count))
    proto.lines = [proto.firstline + delta for delta in deltas]
    proto.uvnames = [reader.zero_terminated() for _ in proto.upvalues]
    last = 0
    while reader.data[reader.pos] != 0:
        if reader.data[reader.pos] < len(VARIABLE_NAMES):
            name = VARIABLE_NAMES[reader.byte()]
        else:
            name = reader.zero_terminated()
        last += reader.uleb()
        proto.varinfo.append((name, last, last + reader.uleb()))
    reader.pos += 1
    assert reader.pos == end
