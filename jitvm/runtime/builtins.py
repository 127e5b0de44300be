"""The library in memory: a function object for every row of `lib/table.py`, in its module's table.

A library function's header is one word in the code region; library functions written in Python share one
native trampoline, and are told apart by their header's address.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from ir.layout import Ptr
from ir.objects import GCfunc, GCtab
from jitvm.front.bytecode import BC, ins_ad
from jitvm.interp.headers import HEADERS
from jitvm.lib.table import (
    CONSTANTS,
    HIDDEN_MODULES,
    LIBRARY,
    OPENERS,
    FunctionName,
    LibraryFunction,
    Upvalue,
)
from jitvm.runtime.lua_builtins import builtin_prototype
from jitvm.runtime.value import FUNC_BITS, STR_BITS, TAB_BITS
from jitvm.runtime.values import bits_of_number

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

PythonFunction = Callable[..., int]
#: Index of __index among the names of metamethods, and the ~tag of strings.
MM_INDEX, KIND_STR = 0, 4


def declare_library() -> None:
    """Every module of library functions."""
    import importlib
    import pkgutil

    package = importlib.import_module("jitvm.lib")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"jitvm.lib.{module.name}")


class PythonFunctions(dict[int, PythonFunction]):
    """By header address.  Those of a restored heap are imported when they are first called."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[int, tuple[str, str]] = {}  # Module and name in LIBRARY.

    def add(self, header: int, function: PythonFunction, name: str) -> None:
        self[header] = function
        self.places[header] = function.__module__, name

    def __missing__(self, header: int) -> PythonFunction:
        from importlib import import_module

        module, name = self.places[header]
        import_module(module)
        function = LIBRARY[name].python
        assert function is not None, name
        self[header] = function
        return function


def _hash_bits(module: str) -> int:
    """How large a hash part LuaJIT makes the table of a module: traces compare it."""
    entries = sum(row.module == module and not row.is_hidden for row in LIBRARY.values())
    entries += sum(name.rpartition(".")[0] == module for name in CONSTANTS)
    return max(entries - 1, 1).bit_length()


class Builtins:
    """Makes the library's functions and tables."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.heap = runtime.heap
        self.functions: dict[str, int] = {}
        self.by_header = PythonFunctions()
        self.modules: dict[str, Ptr] = {}
        self._trampoline = runtime.engine.function("builtin_upcall")

    def install(self) -> None:
        """All of the library into the globals."""
        declare_library()
        self.modules[""] = Ptr(GCtab, self.heap.g.globals.addr)
        for row in LIBRARY.values():
            if not row.is_hidden:
                self._set(self.module(row.module), row.field, self.function(row.name) | FUNC_BITS)
        for name, value in CONSTANTS.items():
            module, _, field = name.rpartition(".")
            bits = bits_of_number(value) if isinstance(value, float) else self.runtime.values.string(value)
            self._set(self.module(module), field, bits)
        self._set(self.modules[""], "_G", self.modules[""].addr | TAB_BITS)
        self._set(self.modules[""], "_VERSION", self.runtime.values.string(b"Lua 5.1"))
        self._string_metatable()
        for opener in OPENERS:
            opener(self.runtime)

    def function(self, name: str) -> int:
        """Address of a library function, made when first asked for."""
        if name not in self.functions:
            declare_library()
            self.functions[name] = self._make(LIBRARY[name])
        return self.functions[name]

    def _make(self, row: LibraryFunction) -> int:
        if row.lua is not None:
            return self._lua_function(row)
        if row.native is not None:
            code = self.runtime.engine.function(row.native.name)
        else:
            code = self._trampoline
        header = self.heap.code(8)
        op = HEADERS.get(row.name, BC.FUNCC)
        self.heap.memory.write(header, struct.pack("<I", ins_ad(op, 0, 0)))
        if row.python is not None:
            self.by_header.add(header, row.python, row.name)
        count = len(row.upvalues)
        address = self.heap.make("func_new_builtin", row.ffid, code, header, count)
        self.heap.hold(address)
        for index, upvalue in enumerate(row.upvalues):
            Ptr(GCfunc, address).uv[index] = self._upvalue(upvalue)
        return address

    def _upvalue(self, upvalue: Upvalue) -> int:
        match upvalue:
            case bytes():
                return self.runtime.values.string(upvalue)
            case FunctionName():
                return self.function(upvalue.name) | FUNC_BITS

    def _lua_function(self, row: LibraryFunction) -> int:
        assert row.lua is not None
        proto = self.runtime.protos.load(builtin_prototype(row.lua, row.field))
        address = self.heap.make("func_new_main", proto)
        self.heap.hold(address)
        return address

    def module(self, name: str) -> Ptr:
        """The table of a module."""
        if name not in self.modules:
            table = self.heap.table(0, _hash_bits(name))
            if name in HIDDEN_MODULES:
                self.heap.hold(table.addr)
            else:
                parent, _, field = name.rpartition(".")
                self._set(self.module(parent), field, table.addr | TAB_BITS)
            self.modules[name] = table
        return self.modules[name]

    def _set(self, table: Ptr, field: str, bits: int) -> None:
        self.runtime.set_field(table, field.encode(), bits)

    def _string_metatable(self) -> None:
        """Strings are indexed in the string library: ("x"):rep(3)."""
        if "string" not in self.modules:
            return
        table = self.heap.table(0, 1)
        self.heap.g.basemt[KIND_STR] = table.addr
        name = self.heap.string(b"__index")
        self.heap.g.mmnames[MM_INDEX] = name.addr
        assert self.runtime.values.string(b"__index") == name.addr | STR_BITS
        self.runtime.set_field(table, b"__index", self.modules["string"].addr | TAB_BITS)
