"""Names of machine code for gdb: JITVM_GDB=1 tells a debugger of every native, handler and trace.

    JITVM_GDB=1 gdb --args python3 -m jitvm script.lua
    (gdb) info symbol $pc
    TRACE_2 + 17 in section .text of <in-memory@0x...>

gdb's JIT Compilation Interface ("Debugging with GDB", chapter 30): a list of symbol files in memory hangs
from `__jit_debug_descriptor`, and gdb keeps a breakpoint at the empty function `__jit_debug_register_code`,
which is called after each change.  gdb looks for both in shared libraries, so they are in one that we make.

A trace that has been flushed keeps its symbol file.  No unwinding information: a backtrace ends in our code.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import struct
import tempfile
from collections.abc import Sequence

from x64.elf import DATA, TEXT, library, symbol_file

REGISTER, DESCRIPTOR = "__jit_debug_register_code", "__jit_debug_descriptor"
VERSION, NO_ACTION, REGISTERED = 1, 0, 1
DESCRIPTOR_FORM = "<IIQQ"  # Version, action, the entry it is about, the first entry.
ENTRY_FORM = "<QQQQ"  # Next, previous, address and size of the symbol file.


class Interface:
    """The list of symbol files; one per process."""

    def __init__(self) -> None:
        from iced_x86 import Code, Encoder, Instruction

        encoder = Encoder(64)
        encoder.encode(Instruction.create(Code.RETNQ), 0)
        descriptor = struct.pack(DESCRIPTOR_FORM, VERSION, NO_ACTION, 0, 0)
        made = library(encoder.take_buffer(), descriptor, {REGISTER: (TEXT, 0), DESCRIPTOR: (DATA, 0)})
        # gdb reads it again whenever it is attached, so the file stays as long as the process.
        with tempfile.NamedTemporaryFile(prefix="jitvm-gdb-", suffix=".so", delete=False) as file:
            file.write(made)
        atexit.register(os.unlink, file.name)
        loaded = ctypes.CDLL(file.name)
        self.announce = loaded[REGISTER]
        self.descriptor = (ctypes.c_uint64 * 3).in_dll(loaded, DESCRIPTOR)
        self.kept: list[tuple[ctypes.Array[ctypes.c_char], ctypes.Array[ctypes.c_char]]] = []

    def add(self, rows: Sequence[tuple[int, int, str]]) -> None:
        """Tell of some functions: address, size, name."""
        symbols = symbol_file(rows)
        file = ctypes.create_string_buffer(symbols, len(symbols))
        first = ctypes.addressof(self.kept[-1][1]) if self.kept else 0
        form = struct.pack(ENTRY_FORM, first, 0, ctypes.addressof(file), len(symbols))
        entry = ctypes.create_string_buffer(form, len(form))
        address = ctypes.addressof(entry)
        if self.kept:
            struct.pack_into("<Q", self.kept[-1][1], 8, address)
        self.kept.append((file, entry))
        form = struct.pack(DESCRIPTOR_FORM, VERSION, REGISTERED, address, address)
        ctypes.memmove(self.descriptor, form, len(form))
        self.announce()


_interface: Interface | None = None


def register(rows: Sequence[tuple[int, int, str]]) -> None:
    """Have gdb know these names."""
    global _interface
    if _interface is None:
        _interface = Interface()
    _interface.add(rows)
