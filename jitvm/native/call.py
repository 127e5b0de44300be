"""Machine code as Python callables, through cffi without declarations to parse.

    add = callable_at(address, "iQ>q")      i64 add(i32, u64)

Letters: i I q Q for i32 u32 i64 u64, d for f64, v for no result; pointers and bool are Q and i.  A `Ptr` may
be given where an address is wanted.  cffi releases the GIL around each call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import _cffi_backend as backend  # type: ignore[import-untyped]

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any

C_TYPES = {"i": "int32_t", "I": "uint32_t", "q": "int64_t", "Q": "uint64_t", "d": "double"}


@functools.cache
def function_type(signature: str) -> Any:
    """The C type of a signature."""
    params, _, result = signature.partition(">")
    types = tuple(backend.new_primitive_type(C_TYPES[letter]) for letter in params)
    void = result == "v"
    returned = backend.new_void_type() if void else backend.new_primitive_type(C_TYPES[result])
    return backend.new_function_type(types, returned, False)


def callable_at(address: int, signature: str) -> Callable[..., Any]:
    """A function of the System V convention."""
    made: Callable[..., Any] = backend.cast(function_type(signature), address)
    return made
