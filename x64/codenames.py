"""Names of machine code, for profilers and debuggers that ask for them by an environment variable.

    JITVM_PERF_MAP=1    /tmp/perf-PID.map, which `perf report` reads: start, size, name of each piece
    JITVM_GDB=1         gdb's JIT interface (gdbjit.py)

Native functions and handlers are noted when the image is placed, traces when they are compiled.  A trace that
has been flushed keeps its line in the map; the latest line of an address counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

Row = tuple[int, int, str]  # Address, size, name.
PERF_MAP, GDB = "JITVM_PERF_MAP", "JITVM_GDB"


def note(rows: Iterable[Row]) -> None:
    """Pieces of code have been placed; nothing happens unless somebody wants to know."""
    if os.environ.get(PERF_MAP) == "1":
        rows = list(rows)
        with open(f"/tmp/perf-{os.getpid()}.map", "a", encoding="utf-8") as file:
            file.writelines(f"{address:x} {size:x} jitvm:{name}\n" for address, size, name in rows)
    if os.environ.get(GDB) == "1":
        from x64.gdbjit import register

        register(list(rows))
