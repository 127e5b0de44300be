"""Dispatch numbers beyond the bytecodes: headers of library functions that are handlers, and the entry.

A library function whose header word has such a number runs without a C call, and may lay out frames.
"""

from __future__ import annotations

from ir.enums import IntEnum
from jitvm.front.bytecode import BC


class Header(IntEnum):
    """Numbers follow the bytecodes; names are those of the library functions where one is meant."""

    START = len(BC)  # The word that the entry from Python starts at.
    PCALL = len(BC) + 1
    XPCALL = len(BC) + 2
    # Continuations (cont.py); returns through them are dispatched, but never recorded as bytecodes.
    CONT_STITCH = len(BC) + 3
    CONT_RA = len(BC) + 4
    CONT_CONDT = len(BC) + 5
    CONT_CONDF = len(BC) + 6
    CONT_NOP = len(BC) + 7
    CONT_CAT = len(BC) + 8
    # Coroutines: library functions, and what happens at the end of a thread (coroutines.py).
    RESUME = len(BC) + 9
    YIELD = len(BC) + 10
    WRAP_AUX = len(BC) + 11
    COROUTINE_END = len(BC) + 12
    COROUTINE_FAILED = len(BC) + 13


#: Library functions with a header of their own.
HEADERS: dict[str, Header] = {
    "pcall": Header.PCALL,
    "xpcall": Header.XPCALL,
    "coroutine.resume": Header.RESUME,
    "coroutine.yield": Header.YIELD,
    "coroutine.wrap_aux": Header.WRAP_AUX,
}
#: One past the last number in use.
DISPATCH_END = max(Header) + 1
