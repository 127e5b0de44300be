"""`@native`, `@inline`, `@handler`: declare functions of the VM's own code.

    @native
    def tab_getint(t: Ptr[GCtab], key: i32) -> Ptr[TValue]: ...

A declared function is registered (see `registry.py`) and stays callable: a plain call runs it simulated in
CPython, on whatever memory `ir.layout.ACCESS` holds.
"""

from __future__ import annotations

from types import FunctionType

from ir.enums import Enum
from jitvm.native import registry

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Kind(Enum):
    """How a function becomes code."""

    NATIVE = "native"  # System V function of its own.
    INLINE = "inline"  # Compiled into each caller.
    HANDLER = "handler"  # Interpreter convention: pinned registers, ends in a tail jump.
    STUB = "stub"  # Handler convention, written in assembler (see `stubs.py`).


class NativeFunction:
    """A declared function.  `python` is the function as written; calling it runs it simulated.

    No data class: making one takes longer than all else here, at every start."""

    __slots__ = ("kind", "python", "simulated")

    def __init__(self, python: FunctionType, kind: Kind) -> None:
        self.python = python
        self.kind = kind
        self.simulated: Callable[..., Any] | None = None

    def __repr__(self) -> str:
        return f"<{self.kind.value} {self.name}>"

    @property
    def name(self) -> str:
        return self.python.__name__

    @property
    def symbol(self) -> str:
        """Its name in the image."""
        return self.name

    @property
    def source(self) -> str:
        """Where it was written, as "file:line"."""
        code = self.python.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        return self.python.__doc__

    def __call__(self, *args: Any) -> Any:
        if self.simulated is None:
            from jitvm.native.simcode import simulated

            self.simulated = self.python if self.kind is Kind.STUB else simulated(self)
        return self.simulated(*args)


def native(function: Callable[..., Any]) -> NativeFunction:
    """Declares a System V function of the image."""
    declared = _declare(function, Kind.NATIVE)
    assert declared.name not in registry.NATIVES, f"two native functions named {declared.name}"
    registry.NATIVES[declared.name] = declared
    return declared


def inline(function: Callable[..., Any]) -> NativeFunction:
    """Declares a function that is compiled into each caller."""
    return _declare(function, Kind.INLINE)


def handler(
    bytecode: int | None = None, name: str | None = None
) -> Callable[[Callable[..., Any]], NativeFunction]:
    """Declares a function of the interpreter convention, for a bytecode or (without one) to be jumped to.

    Handlers that differ in one operation are written once, in a function that takes the operation and makes
    the handler; each then needs a name."""

    def declare(function: Callable[..., Any]) -> NativeFunction:
        if name is not None:
            function.__name__ = name
        declared = _declare(function, Kind.HANDLER)
        key: int | str = declared.name if bytecode is None else bytecode
        assert key not in registry.HANDLERS, f"two handlers for {key!r}"
        registry.HANDLERS[key] = declared
        return declared

    return declare


def _declare(function: Callable[..., Any], kind: Kind) -> NativeFunction:
    assert isinstance(function, FunctionType), f"{function} is not a plain function"
    return NativeFunction(function, kind)
