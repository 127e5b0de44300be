"""Bytecode files, read: the inverse of `dump.py`, for files of any origin.

    proto = undump(data, b"@file.luac")

What is read is checked (`verify.py`) before it is a Prototype, so that nothing in a file can make the VM do
more than raise an error.  A file of another version, byte order or frame layout is "incompatible", everything
else that is wrong is "malformed"; both are LuaSyntaxErrors.
"""

from __future__ import annotations

import math
import struct

from jitvm.front.bytecode import BC, ins_ad
from jitvm.front.dump import (
    F_BE,
    F_FFI,
    F_FR2,
    F_STRIP,
    HEAD,
    KGC_CHILD,
    KGC_COMPLEX,
    KGC_I64,
    KGC_STR,
    KGC_TAB,
    KGC_U64,
    KTAB_INT,
    KTAB_NIL,
    KTAB_NUM,
    KTAB_STR,
    KTAB_TRUE,
    PROTO_FLAGS,
    VARNAMES,
    VERSION,
    line_format,
)
from jitvm.front.errors import LuaSyntaxError
from jitvm.front.proto import KGC, CDataConst, Constant, ProtoFlag, Prototype, TemplateTable, VarInfo
from jitvm.front.verify import Malformed, verify

MAX_FILE_FUNCTIONS = 1 << 20
INCOMPATIBLE, MALFORMED = b"cannot load incompatible bytecode", b"cannot load malformed bytecode"


class _Incompatible(Exception):
    """Not for this VM."""


def undump(data: bytes, chunkname: bytes) -> Prototype:
    """The main function of a bytecode file.  Raises LuaSyntaxError."""
    try:
        return _Reader(data, chunkname).file()
    except _Incompatible:
        raise LuaSyntaxError(_shown(chunkname) + b": " + INCOMPATIBLE) from None
    except (Malformed, struct.error):
        raise LuaSyntaxError(_shown(chunkname) + b": " + MALFORMED) from None


def _shown(chunkname: bytes) -> bytes:
    if chunkname[:1] == HEAD[:1]:
        return b"(binary)"
    return chunkname[1:] if chunkname[:1] in (b"@", b"=") else chunkname


def _hash_bits(count: int) -> int:
    """Nodes are a power of two; none for no keys."""
    return 0 if count == 0 else max((count - 1).bit_length(), 1)


def _number(lo: int, hi: int) -> float:
    """A double; any NaN becomes the one that is no tagged value."""
    number: float = struct.unpack("<d", struct.pack("<II", lo, hi))[0]
    return math.nan if number != number else number


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word


class _Reader:
    """A position in a file."""

    def __init__(self, data: bytes, chunkname: bytes) -> None:
        self.data, self.at, self.end = data, 0, len(data)
        self.chunkname = chunkname
        self.flags = 0
        self.children: list[Prototype] = []

    # Pieces.

    def byte(self) -> int:
        at = self.at
        if at >= self.end:
            raise Malformed
        self.at = at + 1
        return self.data[at]

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        if self.at + size > self.end or len(piece) != size:
            raise Malformed
        self.at += size
        return piece

    def uleb(self) -> int:
        """At most 33 bits."""
        at = self.at
        if at < self.end and self.data[at] < 0x80:  # As most are.
            self.at = at + 1
            return self.data[at]
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 28:
                value |= (self.byte() & 0x1F) << shift
                break
        return value

    def word(self) -> int:
        return self.uleb() & 0xFFFFFFFF

    def count(self) -> int:
        """Of things that take a byte each at least."""
        count = self.uleb()
        if count > self.end - self.at:
            raise Malformed
        return count

    # Files.

    def file(self) -> Prototype:
        if self.data[:3] != HEAD or self.data[3:4] != bytes((VERSION,)):
            raise _Incompatible
        self.at = 4
        self.flags = self.byte()
        if self.flags & ~(F_STRIP | F_FFI) != F_FR2 or self.flags & F_BE:
            raise _Incompatible
        if not self.flags & F_STRIP:
            self.chunkname = self.take(self.count())
        while True:
            length = self.uleb()
            if length == 0:
                break
            start, self.end = self.at, self.at + length
            if self.end > len(self.data):
                raise Malformed
            self.children.append(self.prototype())
            if self.at != start + length:
                raise Malformed
            self.end = len(self.data)
        if self.at != len(self.data) or len(self.children) != 1:
            raise Malformed
        return self.children.pop()

    def prototype(self) -> Prototype:
        flags, numparams, framesize, uvcount = self.take(4)
        kgc_count, knum_count, count = self.count(), self.count(), self.count()
        debug_size, firstline, numline = 0, 0, 0
        if not self.flags & F_STRIP:
            debug_size = self.count()
            if debug_size:
                firstline, numline = self.word() & 0x7FFFFFFF, self.word() & 0x7FFFFFFF
        is_vararg = bool(flags & ProtoFlag.VARARG)
        header = ins_ad(BC.FUNCV if is_vararg else BC.FUNCF, framesize, 0)
        bytecode = [header, *struct.unpack(f"<{count}I", self.take(4 * count))]
        upvalues = list(struct.unpack(f"<{uvcount}H", self.take(2 * uvcount)))
        kgc: list[KGC] = [self.kgc() for _ in range(kgc_count)]
        knum = [self.knum() for _ in range(knum_count)]
        proto = Prototype(
            bytecode=bytecode, kgc=kgc[::-1], knum=knum, upvalues=upvalues, uvnames=[], lines=[], varinfo=[],
            numparams=numparams, framesize=framesize, flags=flags & PROTO_FLAGS,
            firstline=firstline, numline=numline, chunkname=self.chunkname,
        )  # fmt: skip
        if debug_size:
            self.debug(proto, debug_size)
        return verify(proto)

    # Constants.

    def kgc(self) -> KGC:
        kind = self.uleb()
        if kind >= KGC_STR:
            return self.take(kind - KGC_STR)
        if kind == KGC_CHILD:
            if not self.children:
                raise Malformed
            return self.children.pop()
        if kind == KGC_TAB:
            return self.template()
        lo, hi = self.word(), self.word()
        if kind in (KGC_I64, KGC_U64):
            value = hi << 32 | lo
            if kind == KGC_U64:
                return CDataConst("uint64", value)
            return CDataConst("int64", value - (1 << 64) if value >> 63 else value)
        assert kind == KGC_COMPLEX, kind
        return CDataConst("complex", _number(self.word(), self.word()))

    def knum(self) -> float:
        value = self.uleb()
        if value & 1:
            return _number(value >> 1, self.word())
        return float(_signed(value >> 1))

    def template(self) -> TemplateTable:
        table = TemplateTable()
        narray, nhash = self.count(), self.count()
        table.asize, table.hbits = narray, _hash_bits(nhash)
        table.array = [self.element() for _ in range(narray)]
        for _ in range(nhash):
            key, value = self.element(), self.element()
            if key is None or key != key:
                raise Malformed
            table.hash.append((key, value))
        return table

    def element(self) -> Constant:
        kind = self.uleb()
        if kind >= KTAB_STR:
            return self.take(kind - KTAB_STR)
        if kind == KTAB_INT:
            return float(_signed(self.word()))
        if kind == KTAB_NUM:
            return _number(self.word(), self.word())
        return None if kind == KTAB_NIL else kind == KTAB_TRUE

    # Debug information.

    def debug(self, proto: Prototype, size: int) -> None:
        start, count = self.at, len(proto.bytecode) - 1
        letter = line_format(proto.numline)
        deltas = struct.unpack(f"<{count}{letter}", self.take(count * struct.calcsize("<" + letter)))
        proto.lines = [proto.firstline, *[proto.firstline + delta for delta in deltas]]
        proto.uvnames = [self.text() for _ in proto.upvalues]
        last = 0
        while True:
            kind = self.byte()
            if kind == 0:
                break
            self.at -= 1
            name = VARNAMES[self.byte() - 1] if kind <= len(VARNAMES) else self.text()
            last += self.uleb()
            proto.varinfo.append(VarInfo(name, last, last + self.uleb()))
        if self.at != start + size:
            raise Malformed

    def text(self) -> bytes:
        """A name, with a NUL behind it."""
        end = self.data.find(b"\0", self.at, self.end)
        if end < 0:
            raise Malformed
        found = self.data[self.at : end]
        self.at = end + 1
        return found
