"""Object files that hold one piece of constant data under one name, for linkers of other programs.

    object_file(b"luaJIT_BC_mod", data, "x64", "linux")     the bytes of an ELF file

What `-b -t obj` writes, so laid out as luajit's files are: ELF with the sections .symtab, .shstrtab, .strtab,
.rodata and .note.GNU-stack; COFF with .drectve (which exports the name) and .rdata; Mach-O with __data. A
file for ARM on OSX is a fat one whose slices share the data.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

if TYPE_CHECKING:

    class Machine(NamedTuple):
        """An architecture in the terms of file formats."""

        order: str  # Byte order, as in `struct`.
        bits: int
        elf: int
        flags: int = 0
        coff: int = 0

else:
    Machine = namedtuple("Machine", "order bits elf flags coff", defaults=(0, 0))

ARCHITECTURES = {
    "x86": Machine("<", 32, 3, coff=0x14C),
    "x64": Machine("<", 64, 62, coff=0x8664),
    "arm": Machine("<", 32, 40, coff=0x1C0),
    "arm64": Machine("<", 64, 183, coff=0xAA64),
    "arm64be": Machine(">", 64, 183),
    "ppc": Machine(">", 32, 20),
    "mips": Machine(">", 32, 8, 0x50001006),
    "mipsel": Machine("<", 32, 8, 0x50001006),
    "mips64": Machine(">", 64, 8, 0x80000007),
    "mips64el": Machine("<", 64, 8, 0x80000007),
    "mips64r6": Machine(">", 64, 8, 0xA0000407),
    "mips64r6el": Machine("<", 64, 8, 0xA0000407),
}
#: The byte of an ELF header that names the system.
SYSTEMS = {
    "linux": 0, "windows": 0, "osx": 0, "freebsd": 9, "netbsd": 2, "openbsd": 12, "dragonfly": 0,
    "solaris": 6,
}  # fmt: skip


class Unsupported(Exception):
    """There is no such object file; the message says why."""


def object_file(name: bytes, data: bytes, architecture: str, system: str) -> bytes:
    """The file for an architecture and a system of the tables above.  May raise Unsupported."""
    machine = ARCHITECTURES[architecture]
    if system == "windows":
        if not machine.coff:
            raise Unsupported("unsupported architecture for Windows")
        return _coff(name, data, machine)
    if system == "osx":
        return _mach_o(b"_" + name, data, architecture)
    return _elf(name, data, machine, SYSTEMS[system])


# ELF.

SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHF_ALLOC = 1, 2, 3, 2
GLOBAL_OBJECT = 0x11
RODATA = 4
SECTIONS = (b".symtab", b".shstrtab", b".strtab", b".rodata", b".note.GNU-stack")


def _elf(name: bytes, data: bytes, machine: Machine, system: int) -> bytes:
    order, wide = machine.order, machine.bits == 64
    word = "Q" if wide else "I"
    header = struct.Struct(f"{order}4sBBBBB7xHHI{word * 3}I6H")
    section = struct.Struct(f"{order}II{word * 4}II{word * 2}")
    symbol = struct.Struct(f"{order}IBBHQQ" if wide else f"{order}IIIBBH")
    names = b"\0" + b"".join(text + b"\0" for text in SECTIONS)
    strings = b"\0" + name + b"\0"
    at_symbols = header.size + 6 * section.size
    at_names = at_symbols + 2 * symbol.size
    at_strings = at_names + len(names)
    at_data = at_strings + len(strings)
    content = (  # Type, flags, place, size, link, info, alignment, size of an entry.
        (SHT_SYMTAB, 0, at_symbols, 2 * symbol.size, 3, 1, 8, symbol.size),
        (SHT_STRTAB, 0, at_names, len(names), 0, 0, 1, 0),
        (SHT_STRTAB, 0, at_strings, len(strings), 0, 0, 1, 0),
        (SHT_PROGBITS, SHF_ALLOC, at_data, len(data), 0, 0, 1, 0),
        (SHT_PROGBITS, 0, at_data + len(data), 0, 0, 0, 1, 0),
    )
    kind = 2 if wide else 1, 2 if order == ">" else 1, 1, system
    sizes = header.size, 0, 0, section.size, 6, 2
    out = [header.pack(b"\x7fELF", *kind, 0, 1, machine.elf, 1, 0, 0, header.size, machine.flags, *sizes)]
    out.append(bytes(section.size))
    for text, (type_, flags, *place) in zip(SECTIONS, content, strict=True):
        out.append(section.pack(names.index(text + b"\0"), type_, flags, 0, *place))
    out.append(bytes(symbol.size))
    if wide:
        out.append(symbol.pack(1, GLOBAL_OBJECT, 0, RODATA, 0, len(data)))
    else:
        out.append(symbol.pack(1, 0, len(data), GLOBAL_OBJECT, 0, RODATA))
    return b"".join((*out, names, strings, data))


# COFF.

COFF_HEADER = struct.Struct("<HHIIIHH")
COFF_SECTION = struct.Struct("<8sIIIIIIHHI")
COFF_SYMBOL = struct.Struct("<8sIhHBB")
COFF_AUX = struct.Struct("<IHHIHB3x")
DIRECTIVE, READ_ONLY = 0x00100A00, 0x40300040
EXTERNAL, STATIC, ABSOLUTE = 2, 3, -1


def _coff(name: bytes, data: bytes, machine: Machine) -> bytes:
    export = b"   /EXPORT:" + name + b",DATA "
    at_symbols = COFF_HEADER.size + 2 * COFF_SECTION.size
    strings = struct.pack("<I", 4 + len(name) + 1) + name + b"\0"
    at_export = at_symbols + 6 * COFF_SYMBOL.size + len(strings)
    at_data = at_export + len(export)
    out = [
        COFF_HEADER.pack(machine.coff, 2, 0, at_symbols, 6, 0, 0),
        COFF_SECTION.pack(b".drectve", 0, 0, len(export), at_export, 0, 0, 0, 0, DIRECTIVE),
        COFF_SECTION.pack(b".rdata", 0, 0, len(data), at_data, 0, 0, 0, 0, READ_ONLY),
        COFF_SYMBOL.pack(b".drectve", 0, 1, 0, STATIC, 1),
        COFF_AUX.pack(len(export), 0, 0, 0, 0, 0),
        COFF_SYMBOL.pack(b".rdata", 0, 2, 0, STATIC, 1),
        COFF_AUX.pack(len(data), 0, 0, 0, 0, 0),
        COFF_SYMBOL.pack(struct.pack("<II", 0, 4), 0, 2, 0, EXTERNAL, 0),  # Its name is the first string.
        COFF_SYMBOL.pack(b"@feat.00", 1, ABSOLUTE, 0, EXTERNAL, 0),  # Safe exception handling.
    ]
    return b"".join((*out, strings, export, data))


# Mach-O.

#: Kinds of processors of the slices, for each architecture.
MACH_CPUS = {
    "x86": ((7, 3),),
    "x64": ((0x01000007, 3),),
    "arm": ((7, 3), (12, 9)),
    "arm64": ((0x0100000C, 0),),
}
FAT_MAGIC, MAGIC, MAGIC_64 = 0xCAFEBABE, 0xFEEDFACE, 0xFEEDFACF
SEGMENT, SYMTAB, SEGMENT_64 = 1, 2, 0x19
DEFINED_EXTERNAL = 0xF


def _mach_o(name: bytes, data: bytes, architecture: str) -> bytes:
    cpus = MACH_CPUS.get(architecture)
    if cpus is None:
        raise Unsupported("unsupported architecture for OSX")
    wide = architecture in ("x64", "arm64")
    align, entry = (8, struct.Struct("<IBBHQ")) if wide else (4, struct.Struct("<iBBhI"))
    size = 32 + 72 + 80 + 24 if wide else 28 + 56 + 68 + 24
    at_slices = 8 + 20 * len(cpus) if len(cpus) > 1 else 0
    at_symbol = at_slices + len(cpus) * size
    length = len(name) + 2
    at_data = at_symbol + entry.size + length + align - 1 & -align
    out = []
    if at_slices:
        out.append(struct.pack(">II", FAT_MAGIC, len(cpus)))
    slices = []
    for number, cpu in enumerate(cpus):
        start = at_slices + number * size
        if at_slices:
            out.append(struct.pack(">5I", *cpu, start, at_data - start + len(data), 0))
        strings = length + align - 1 & -align
        places = at_symbol - start, 1, at_symbol + entry.size - start, strings
        slices.append(_mach_slice(cpu, wide, at_data - start, len(data), places))
    out += slices
    out.append(entry.pack(1, DEFINED_EXTERNAL, 1, 0, 0))
    head = b"".join(out) + b"\0" + name
    return head.ljust(at_data, b"\0") + data


def _mach_slice(cpu: tuple[int, int], wide: bool, at: int, size: int, symbols: tuple[int, ...]) -> bytes:
    """Header and commands: one segment with one section, and the table of symbols."""
    word = "Q" if wide else "I"
    segment = struct.Struct(f"<II16s{word * 4}4I")
    section = struct.Struct(f"<16s16s{word * 2}{8 if wide else 7}I")
    of_segment = segment.size + section.size
    header = struct.pack("<7I", MAGIC_64 if wide else MAGIC, *cpu, 1, 2, of_segment + 24, 0)
    kind = SEGMENT_64 if wide else SEGMENT
    return b"".join(
        (
            header + bytes(4 if wide else 0),
            segment.pack(kind, of_segment, b"", 0, size, at, size, 1, 1, 1, 0),
            section.pack(b"__data", b"__DATA", 0, size, at, *bytes(7 if wide else 6)),
            struct.pack("<6I", SYMTAB, 24, *symbols),
        )
    )
