"""Runs what tests call by name as machine code: the same tests, both engines.

with compiled():
    table.tab_len(g, t)     the function of the VM image
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ir.layout import Ptr
from jitvm.native import NativeFunction, image, registry


@cache
def vm_image() -> image.Image:
    return image.load()


def callable_of(function: NativeFunction) -> Callable[..., Any]:
    """The compiled function, with pointers and truth values as simulation returns them."""
    code = vm_image().callable(function.symbol)
    result = inspect.get_annotations(function.python, eval_str=True)["return"]

    def call(*args: Any) -> Any:
        found = code(*[arg.addr if isinstance(arg, Ptr) else arg for arg in args])
        if isinstance(result, Ptr):
            return Ptr(result.target, found)
        return bool(found) if result is bool else found

    return call


@contextmanager
def compiled() -> Iterator[None]:
    """Calls of native functions from Python go to machine code inside the `with` block."""
    before = {function: function.simulated for function in registry.NATIVES.values()}
    for function in before:
        function.simulated = callable_of(function)
    try:
        yield
    finally:
        for function, simulated in before.items():
            function.simulated = simulated


def callback(target: Callable[[int, int, int, int], int]) -> tuple[Any, int]:
    """A C function for `VM.upcall`: the object that keeps it, and its address."""
    import _cffi_backend as backend

    u32, u64, i64 = (backend.new_primitive_type(name) for name in ("uint32_t", "uint64_t", "int64_t"))
    made = backend.callback(backend.new_function_type((u32, u64, u64, u64), i64, False), target, -1)
    return made, int(backend.cast(u64, made))
