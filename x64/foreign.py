"""Functions and memory outside of Python, through cffi's backend: nothing to parse, nothing to compile.

    add = callable_at(address, "iQ>q")                 i64 add(i32, u64)
    munmap = function("munmap", "QQ>i")                of the C library
    view(address, size)[0] = 1                         memory as it is

Letters: i I q Q for i32 u32 i64 u64, d for f64, v for no result; pointers and bool are Q and i.  An s takes
bytes, or a `room`, and gives the C function its address.  Whatever has
`__int__` may be given where an address is wanted.  cffi releases the GIL around each call.

This is `_cffi_backend` without the `cffi` package in front of it, and not ctypes: both take longer to import
than an empty script takes to run.
"""

from __future__ import annotations

import functools

import _cffi_backend as backend  # type: ignore[import-untyped]

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

C_TYPES = {"i": "int32_t", "I": "uint32_t", "q": "int64_t", "Q": "uint64_t", "d": "double"}
_ADDRESS = backend.new_primitive_type("uintptr_t")
_BYTES = backend.new_pointer_type(backend.new_primitive_type("char"))


@functools.cache
def function_type(signature: str) -> Any:
    """The C type of a signature."""
    params, _, result = signature.partition(">")
    types = tuple(map(_parameter_type, params))
    void = result == "v"
    returned = backend.new_void_type() if void else backend.new_primitive_type(C_TYPES[result])
    return backend.new_function_type(types, returned, False)


def _parameter_type(letter: str) -> Any:
    return _BYTES if letter == "s" else backend.new_primitive_type(C_TYPES[letter])


def callable_at(address: int, signature: str) -> Callable[..., Any]:
    """A function of the System V convention."""
    made: Callable[..., Any] = backend.cast(function_type(signature), address)
    return made


@functools.cache
def _libraries() -> tuple[Any, ...]:
    """Where symbols are looked for: the mathematical library, then all that is loaded."""
    return backend.load_library("libm.so.6", 0), backend.load_library(None, 0)


def function(name: str, signature: str) -> Callable[..., Any]:
    """A function of the C library."""
    for library in _libraries():
        try:
            made: Callable[..., Any] = library.load_function(function_type(signature), name)
            return made
        except AttributeError:
            continue
    raise AssertionError(f"the C library has no {name}")


def address_of(name: str) -> int:
    """Where a function of the C library is."""
    return int(backend.cast(_ADDRESS, function(name, ">v")))


def pointer_in(name: str) -> int:
    """The value of a variable of the C library that is a pointer, such as `stdout`."""
    return int(backend.cast(_ADDRESS, _libraries()[-1].read_variable(_BYTES, name)))


def error_number() -> int:
    """errno, as the last call left it."""
    return int(backend.get_errno())


def room(size: int) -> Any:
    """Zeroed bytes for a C function to fill; `bytes_in` reads them."""
    return backend.newp(backend.new_array_type(_BYTES, size))


def bytes_in(made: Any) -> bytes:
    """What stands in a `room`."""
    return bytes(backend.buffer(made))


def text_at(address: int) -> bytes:
    """The C string at an address."""
    found: bytes = backend.string(backend.cast(_BYTES, address))
    return found


def view(address: int, size: int) -> memoryview:
    """Memory, to be read and written; it has to outlive the view."""
    return memoryview(backend.buffer(backend.cast(_BYTES, address), size)).cast("B")


_SIGNED = {size: backend.new_pointer_type(backend.new_primitive_type(f"int{8 * size}_t")) for size in (1, 4)}


def store(address: int, size: int, value: int) -> None:
    """One or four bytes, signed, in a single store: code that runs meanwhile sees the old or the new."""
    backend.cast(_SIGNED[size], address)[0] = value
