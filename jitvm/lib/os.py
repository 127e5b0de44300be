"""os.clock and os.time, which programs call to time themselves; the rest of os is `os_py.py`."""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.interp.dispatch import builtin_upcall
from jitvm.lib.args import is_absent, result_number
from jitvm.lib.table import library
from jitvm.native import Ptr, f64, i64, native, u32, u64

CLOCKS_PER_SECOND = 1000000.0


@library("os.clock")
@native
def lib_os_clock(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Processor time of the process, as the C library counts it."""
    return result_number(L, base, f64(g.clock()) / CLOCKS_PER_SECOND)


@library("os.time")
@native
def lib_os_time(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Now; Python reads tables."""
    if not is_absent(base, nargs, 1):
        return builtin_upcall(g, L, base, nargs)
    return result_number(L, base, f64(g.time(u64(0))))
