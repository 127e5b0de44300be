"""os.clock, which programs call to time themselves; the rest of os is `os_py.py`."""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import result_number
from jitvm.lib.table import library
from jitvm.native import Ptr, f64, i64, native, u32

CLOCKS_PER_SECOND = 1000000.0


@library("os.clock")
@native
def lib_os_clock(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Processor time of the process, as the C library counts it."""
    return result_number(L, base, f64(g.clock()) / CLOCKS_PER_SECOND)
