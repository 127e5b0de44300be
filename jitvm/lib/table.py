"""THE table of library functions: name, number, and one of three implementations.

    @library("math.floor")              native Python: (g, L, base, nargs) -> number of results, or -1
    @native
    def lib_math_floor(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64: ...

    @upcall_library("io.write")         Python: called through one native trampoline and an upcall
    def io_write(runtime, thread, nargs): ...

    lua_library("math.deg", "return function(x) return x * 57.29577951308232 end")

A native function may leave what is not usual to Python: both are declared, and it calls `builtin_upcall`.

Results stand below `L.top`.  A native that fails sets g.errcode (a `Bad`) and g.errarg and returns -1.
Functions that LuaJIT writes in Lua are written in Lua here, so that traces through them are the same.

Upvalues of a builtin are its constants: bytes (a string) or the name of another library function.
"""

from __future__ import annotations

from collections.abc import Callable

from jitvm.lib.ffnames import FF_C, FFIDS
from jitvm.native import NativeFunction

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any


class FunctionName:
    """An upvalue that is another library function."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


Upvalue = bytes | FunctionName
#: Tables of functions that are in no other table: methods of files, and what has to be required.
HIDDEN_MODULES = ("io.method", "jit.util", "jit.profile", "buffer", "buffer.method")
#: Functions that are in no table until a program requires them by name.
HIDDEN_FUNCTIONS = ("table.new", "table.clear")


class LibraryFunction:
    """A row.  One of `native`, `python` and `lua` is set, or `native` and the `python` that it calls."""

    __slots__ = ("ffid", "lua", "name", "native", "python", "upvalues")

    def __init__(
        self,
        name: str,
        *,
        native: NativeFunction | None = None,
        python: Callable[..., Any] | None = None,
        lua: str | None = None,
        upvalues: tuple[Upvalue, ...] = (),
    ) -> None:
        self.name = name
        self.ffid = 0 if lua is not None else FFIDS.get(name, FF_C)
        self.native = native
        self.python = python
        self.lua = lua
        self.upvalues = upvalues

    @property
    def module(self) -> str:
        """The table it is found in; empty for globals."""
        return self.name.rpartition(".")[0]

    @property
    def field(self) -> str:
        """Its name there."""
        return self.name.rpartition(".")[2]

    @property
    def is_hidden(self) -> bool:
        """Reached through other functions only."""
        return self.name.endswith("_aux") or self.name in HIDDEN_FUNCTIONS


#: What makes the rest of a library once its functions are there.
OPENERS: list[Callable[[Any], None]] = []
#: Every library function by full name, in the order of declaration.
LIBRARY: dict[str, LibraryFunction] = {}
#: Values that are no functions, by full name.
CONSTANTS: dict[str, float | bytes] = {"math.pi": 3.14159265358979323846, "math.huge": float("inf")}


def _add(row: LibraryFunction) -> None:
    known = LIBRARY.setdefault(row.name, row)
    if known is row:
        return
    native, python = (known, row) if known.native is not None else (row, known)
    alone = native.python is python.native is None
    assert alone and native.native and python.python, f"two library functions named {row.name}"
    known.native, known.python, known.upvalues = native.native, python.python, native.upvalues


def library(name: str, *upvalues: Upvalue) -> Callable[[NativeFunction], NativeFunction]:
    """Declares a native library function."""

    def declare(function: NativeFunction) -> NativeFunction:
        _add(LibraryFunction(name, native=function, upvalues=upvalues))
        return function

    return declare


def upcall_library(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a library function written in Python."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        _add(LibraryFunction(name, python=function))
        return function

    return declare


def opener(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Declares what is to be done to a new Runtime."""
    OPENERS.append(function)
    return function


def lua_library(name: str, source: str) -> None:
    """Declares a library function written in Lua: a chunk that returns it."""
    _add(LibraryFunction(name, lua=source))
