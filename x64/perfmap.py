"""Names of machine code for `perf` and debuggers: JITVM_PERF_MAP=1 writes /tmp/perf-PID.map.

    55550000d300 54 jitvm:restore           start, size, name
    55550000e8d0 181 jitvm:TRACE_2

Native functions and handlers are noted when the image is placed, traces when they are compiled.  A trace that
has been flushed keeps its line; the latest line of an address counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

VARIABLE = "JITVM_PERF_MAP"


def is_wanted() -> bool:
    return os.environ.get(VARIABLE) == "1"


def note(rows: Iterable[tuple[int, int, str]]) -> None:
    """Address, size and name of each piece of code; nothing happens unless the map is wanted."""
    if is_wanted():
        with open(f"/tmp/perf-{os.getpid()}.map", "a", encoding="utf-8") as file:
            file.writelines(f"{address:x} {size:x} jitvm:{name}\n" for address, size, name in rows)
