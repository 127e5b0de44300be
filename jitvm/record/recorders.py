"""Imports every module that registers recorders."""

from __future__ import annotations

from jitvm.record import (
    arith,
    calls,
    compare,
    index,
    library,
    library_buffer,
    library_format,
    library_io,
    library_math,
    library_meta,
    library_string,
    library_table,
    loops,
    traverse,
    upvalue,
    varargs,
)

__all__ = [
    "arith",
    "calls",
    "compare",
    "index",
    "library",
    "library_buffer",
    "library_format",
    "library_io",
    "library_math",
    "library_meta",
    "library_string",
    "library_table",
    "loops",
    "traverse",
    "upvalue",
    "varargs",
]
