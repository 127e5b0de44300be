"""Bytecodes that take a variable number of operands, as far as exits must know.

When a trace is left before a bytecode such as CALLM, the interpreter expects the thread's top and its count
of open results (MULTRES) as the bytecode before it would have left them.  The numbers of the bytecodes are
LuaJIT's; `tests` compare them with the front end's table.
"""

from __future__ import annotations

from collections.abc import Callable

from ir.layout import ACCESS

CALLM, CALLMT, TSETM, RETM, FUNCF = 65, 67, 63, 73, 89
#: Function headers are the last bytecodes, and some library functions have headers beyond.
HEADERS_END = 256


def opcode_at(pc: int) -> int:
    """The bytecode word at an address."""
    return int.from_bytes(ACCESS.memory.read(pc, 4), "little")


def _a(word: int) -> int:
    return word >> 8 & 0xFF


#: Opcode -> (word, slots from BASE to top) -> MULTRES.
OPEN_OPERANDS: dict[int, Callable[[int, int], int]] = {
    CALLM: lambda word, size: size - _a(word) - (word >> 16 & 0xFF) - 1,
    CALLMT: lambda word, size: size - _a(word) - (word >> 16) - 1,
    RETM: lambda word, size: size + 1 - _a(word) - (word >> 16),
    TSETM: lambda word, size: size + 1 - _a(word),
}
for _op in range(FUNCF, HEADERS_END):
    OPEN_OPERANDS[_op] = lambda word, size: size + 1
