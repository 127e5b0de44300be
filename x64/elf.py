"""The two kinds of ELF file that naming machine code takes: symbols alone, and a tiny shared library.

    symbol_file([(0x5555000021be, 84, "FORL"), ...])      bytes of a relocatable file without code
    library(code, data, {"f": (TEXT, 0), "d": (DATA, 0)})   bytes that dlopen accepts

Written after the System V gABI, chapters 4 and 5, for little-endian x86-64, and no more of it than gdb and
ld.so read: one text section, one symbol table; the library has no relocations and needs no other library.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

TYPE_REL, TYPE_DYN, MACHINE = 1, 3, 62
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_HASH, SHT_DYNAMIC, SHT_NOBITS, SHT_DYNSYM = 1, 2, 3, 5, 6, 8, 11
ALLOC, WRITE, EXECUTE = 2, 1, 4  # Flags of sections.
PT_LOAD, PT_DYNAMIC = 1, 2
EXECUTE_AND_READ, READ_AND_WRITE = 5, 6  # Flags of segments.
DT_NULL, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT = 0, 4, 5, 6, 10, 11
GLOBAL_FUNCTION, GLOBAL_OBJECT = 0x12, 0x11
HEADER_SIZE, PROGRAM_HEADER_SIZE, SYMBOL_SIZE = 64, 56, 24
PAGE = 0x1000
TEXT, DATA = 1, 2  # Sections of the symbols of a library.


class Strings:
    """A string table: offsets into it by text."""

    def __init__(self) -> None:
        self.data = bytearray(1)

    def add(self, text: str) -> int:
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return at


class Sections:
    """Section headers, in order; the first is the reserved one, the last the table of their names."""

    def __init__(self) -> None:
        self.names = Strings()
        self.headers = [bytes(64)]

    def add(
        self,
        name: str,
        kind: int,
        flags: int,
        address: int,
        at: int,
        size: int,
        link: int = 0,
        info: int = 0,
        entry: int = 0,
    ) -> None:
        """`at` in the file; `info` is the first global symbol of a symbol table."""
        fields = (self.names.add(name), kind, flags, address, at, size, link, info, 8, entry)
        self.headers.append(struct.pack("<IIQQQQIIQQ", *fields))

    def close(self, at: int) -> bytes:
        """The names, which come to lie `at` there, followed by the headers."""
        size = len(self.names.data) + len(".shstrtab\0")
        self.add(".shstrtab", SHT_STRTAB, 0, 0, at, size)
        return bytes(self.names.data) + b"".join(self.headers)


def symbol_file(rows: Sequence[tuple[int, int, str]]) -> bytes:
    """Address, size and name of functions that are elsewhere in memory."""
    low = min(address for address, _, _ in rows)
    high = max(address + size for address, size, _ in rows)
    strings = Strings()
    symbols = bytes(SYMBOL_SIZE) + b"".join(
        struct.pack("<IBBHQQ", strings.add(name), GLOBAL_FUNCTION, 0, 1, address - low, size)
        for address, size, name in rows
    )
    sections = Sections()
    at = HEADER_SIZE
    sections.add(".text", SHT_NOBITS, ALLOC | EXECUTE, low, at, high - low)
    sections.add(".symtab", SHT_SYMTAB, 0, 0, at, len(symbols), 3, 1, SYMBOL_SIZE)
    sections.add(".strtab", SHT_STRTAB, 0, 0, at + len(symbols), len(strings.data))
    body = symbols + strings.data
    table = sections.close(at + len(body))
    return _header(TYPE_REL, 0, at + len(body) + len(sections.names.data), sections) + body + table


def library(code: bytes, data: bytes, exports: dict[str, tuple[int, int]]) -> bytes:
    """A shared library: code on its first page, behind the tables, and data on its second.

    `exports` are names by section and offset."""
    strings = Strings()
    at = HEADER_SIZE + 3 * PROGRAM_HEADER_SIZE
    symbols_at = at
    strings_at = symbols_at + SYMBOL_SIZE * (1 + len(exports))
    names = {name: strings.add(name) for name in exports}
    hash_at = _aligned(strings_at + len(strings.data))
    chain = range(len(exports) + 1)  # One bucket; each symbol is followed by the one before it.
    hashes = struct.pack(f"<{3 + len(chain)}I", 1, len(chain), len(exports), *(max(i - 1, 0) for i in chain))
    text_at = _aligned(hash_at + len(hashes))
    starts = {TEXT: text_at, DATA: PAGE}
    symbols = bytes(SYMBOL_SIZE) + b"".join(
        _export(names[name], section, starts[section] + offset)
        for name, (section, offset) in exports.items()
    )
    dynamic_at = _aligned(PAGE + len(data))
    dynamic = _dynamic(hash_at, strings_at, len(strings.data), symbols_at)
    end = dynamic_at + len(dynamic)
    sections = Sections()
    sections.add(".text", SHT_PROGBITS, ALLOC | EXECUTE, text_at, text_at, len(code))
    sections.add(".data", SHT_PROGBITS, ALLOC | WRITE, PAGE, PAGE, len(data))
    sections.add(".dynsym", SHT_DYNSYM, ALLOC, symbols_at, symbols_at, len(symbols), 4, 1, SYMBOL_SIZE)
    sections.add(".dynstr", SHT_STRTAB, ALLOC, strings_at, strings_at, len(strings.data))
    sections.add(".hash", SHT_HASH, ALLOC, hash_at, hash_at, len(hashes), 3, 0, 4)
    sections.add(".dynamic", SHT_DYNAMIC, ALLOC | WRITE, dynamic_at, dynamic_at, len(dynamic), 4, 0, 16)
    table = sections.close(end)
    programs = (
        _program(PT_LOAD, EXECUTE_AND_READ, 0, text_at + len(code)),
        _program(PT_LOAD, READ_AND_WRITE, PAGE, end - PAGE),
        _program(PT_DYNAMIC, READ_AND_WRITE, dynamic_at, len(dynamic)),
    )
    return _placed(
        (0, _header(TYPE_DYN, len(programs), end + len(sections.names.data), sections)),
        (HEADER_SIZE, b"".join(programs)),
        (symbols_at, symbols),
        (strings_at, bytes(strings.data)),
        (hash_at, hashes),
        (text_at, code),
        (PAGE, data),
        (dynamic_at, dynamic),
        (end, table),
    )


def _export(name: int, section: int, address: int) -> bytes:
    kind = GLOBAL_FUNCTION if section == TEXT else GLOBAL_OBJECT
    return struct.pack("<IBBHQQ", name, kind, 0, section, address, 0)


def _dynamic(hash_at: int, strings_at: int, strings_size: int, symbols_at: int) -> bytes:
    rows = (
        (DT_HASH, hash_at),
        (DT_STRTAB, strings_at),
        (DT_SYMTAB, symbols_at),
        (DT_STRSZ, strings_size),
        (DT_SYMENT, SYMBOL_SIZE),
        (DT_NULL, 0),
    )
    return b"".join(struct.pack("<QQ", *row) for row in rows)


def _header(kind: int, programs: int, sections_at: int, sections: Sections) -> bytes:
    count = len(sections.headers)
    return struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",
        kind,
        MACHINE,
        1,
        0,
        HEADER_SIZE if programs else 0,
        sections_at,
        0,
        HEADER_SIZE,
        PROGRAM_HEADER_SIZE if programs else 0,
        programs,
        64,
        count,
        count - 1,
    )


def _program(kind: int, flags: int, at: int, size: int) -> bytes:
    return struct.pack("<IIQQQQQQ", kind, flags, at, at, at, size, size, PAGE if kind == PT_LOAD else 8)


def _placed(*pieces: tuple[int, bytes]) -> bytes:
    """Bytes at their offsets, zeros between them."""
    file = bytearray()
    for at, data in pieces:
        file += bytes(at - len(file)) + data
    return bytes(file)


def _aligned(at: int) -> int:
    return at + 7 & ~7
