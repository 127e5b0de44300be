"""Arguments and results of library functions written in Python.

    @function("os.getenv")
    def os_getenv(call: Call) -> Results:
        return (os.environb.get(call.string(1)),)

Arguments count from 1.  A wrong one raises BadArgument, whose message names the function as its caller does.
Results are Python values; `Slot` passes any Lua value through untouched.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from ir.layout import Ptr
from ir.objects import GCtab, State
from jitvm.front.errors import BadArgument, LuaError
from jitvm.lib.table import upcall_library
from jitvm.runtime.span import set_top, span
from jitvm.runtime.value import FALSE, NIL, POINTER
from jitvm.runtime.values import (
    KIND_FUNC,
    KIND_STR,
    KIND_TAB,
    NUMBER_FROM,
    LuaObject,
    format_number,
    kind_of,
    number_of,
    parse_number,
)

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime


class Slot:
    """A Lua value as its 64 bits."""

    __slots__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits = bits


Result = None | bool | int | float | bytes | LuaObject | Slot
Results = tuple[Result, ...] | list[Result]


class Call:
    """One call of a library function."""

    __slots__ = ("_thread", "runtime", "slots")

    def __init__(self, runtime: Runtime, thread: int, slots: tuple[int, ...]) -> None:
        self.runtime = runtime
        self._thread = thread
        self.slots = slots

    @property
    def thread(self) -> Ptr:
        """The thread that calls."""
        return Ptr(State, self._thread)

    @property
    def count(self) -> int:
        return len(self.slots)

    def bits(self, number: int) -> int:
        """The slot of an argument; nil if it is not there."""
        return self.slots[number - 1] if number <= len(self.slots) else NIL

    def is_absent(self, number: int) -> bool:
        """Not there, or nil."""
        return self.bits(number) == NIL

    def is_true(self, number: int) -> bool:
        return self.bits(number) not in (NIL, FALSE)

    def wrong(self, number: int, wanted: bytes) -> BadArgument:
        """The error of an argument that is not `wanted`."""
        return BadArgument(number, self.runtime.messages.expected(self.thread, number, wanted))

    def error(self, message: bytes) -> LuaError:
        """An error with the position of the caller in front."""
        return LuaError(self.runtime.messages.caller_where(self.thread) + message)

    def field(self, table: int, name: bytes) -> int:
        """table[name], with metamethods."""
        t = Ptr(GCtab, table & POINTER)
        found = self.runtime.field(t, name)
        if found == NIL and t.metatable.addr:
            return self.runtime.index(table, self.runtime.values.string(name))
        return found

    def any(self, number: int) -> int:
        """The slot of an argument that must be there."""
        if number > len(self.slots):
            raise BadArgument(number, b"value expected")
        return self.slots[number - 1]

    def number(self, number: int, default: float | None = None) -> float:
        """A number, or a string that spells one."""
        bits = self.bits(number)
        kind = kind_of(bits)
        if kind >= NUMBER_FROM:
            return number_of(bits)
        if bits == NIL and default is not None:
            return default
        value = parse_number(self.runtime.values.text(bits)) if kind == KIND_STR else None
        if value is None:
            raise self.wrong(number, b"number")
        return value

    def integer(self, number: int, default: int | None = None) -> int:
        """A number, truncated to 32 bits as the machine does."""
        value = self.number(number, None if default is None else float(default))
        return int(value) if -2147483649.0 < value < 2147483648.0 else -0x80000000

    def narrowed(self, number: int, default: int | None = None) -> int:
        """A number, truncated to 64 bits, of which the lower 32 count: where LuaJIT goes by its C API."""
        value = self.number(number, None if default is None else float(default))
        whole = int(value) if -(2.0**63) <= value < 2.0**63 else 0
        return (whole + 2**31) % 2**32 - 2**31

    def string(self, number: int, default: bytes | None = None) -> bytes:
        """A string, or the text of a number."""
        bits = self.bits(number)
        kind = kind_of(bits)
        if kind == KIND_STR:
            return self.runtime.values.text(bits)
        if kind >= NUMBER_FROM:
            return format_number(number_of(bits))
        if bits == NIL and default is not None:
            return default
        raise self.wrong(number, b"string")

    def c_string(self, number: int, default: bytes | None = None) -> bytes:
        """A string as C functions see it: up to its first zero byte."""
        return self.string(number, default).partition(b"\0")[0]

    def option(self, number: int, names: dict[bytes, int], default: bytes | None = None) -> int:
        """The value of an option's name."""
        name = self.string(number, default)
        if name not in names:
            raise BadArgument(number, b"invalid option '%s'" % name.partition(b"\0")[0])
        return names[name]

    def table(self, number: int) -> int:
        """The slot of a table."""
        bits = self.bits(number)
        if kind_of(bits) != KIND_TAB:
            raise self.wrong(number, b"table")
        return bits

    def function(self, number: int) -> int:
        """The slot of a function."""
        bits = self.bits(number)
        if kind_of(bits) != KIND_FUNC:
            raise self.wrong(number, b"function")
        return bits


LibraryFunction = Callable[[Call], Results]


def function(name: str) -> Callable[[LibraryFunction], LibraryFunction]:
    """Declares a library function written in Python."""

    def declare(body: LibraryFunction) -> LibraryFunction:
        def adapted(runtime: Runtime, thread: int, nargs: int) -> int:
            memory = runtime.heap.memory
            base = span(memory, thread)[0]
            slots = struct.unpack(f"<{nargs}Q", memory.read(base, 8 * nargs))
            return give(runtime, thread, body(Call(runtime, thread, slots)))

        adapted.__module__ = body.__module__
        upcall_library(name)(adapted)
        return body

    return declare


def give(runtime: Runtime, thread: int, results: Results) -> int:
    """Results to where the caller of a builtin looks for them."""
    from_python, memory = runtime.values.from_python, runtime.heap.memory
    words = [result.bits if isinstance(result, Slot) else from_python(result) for result in results]
    count = len(words)
    base, _, maxstack, _ = span(memory, thread)
    if base + 8 * (count + 1) > maxstack:
        moved = Ptr(State, thread)
        moved.top = base
        runtime.reserve(moved, count + 1)
        base = moved.base.addr
    memory.write(base, struct.pack(f"<{count}Q", *words))
    set_top(memory, thread, base + 8 * count)
    return count
