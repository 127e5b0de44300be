"""The process's own memory, as Python sees it through `ir.layout.Ptr`.

    memory = ProcessMemory.reserve(size, hint)      address space, not yet backed by pages
    ACCESS.memory = memory
    Ptr(VM, memory.base).gc_total

Simulated native functions and Python code that inspects the heap read and write the very bytes that
machine code works on.  A process may have several heaps: whichever reservation is asked finds the one that an
address lies in.  Accesses outside of all reservations are an error here, not a crash.  System V
functions of libc are reachable from simulated code by address, through `function_at`.
"""

from __future__ import annotations

from ir.layout import FnPtr, Scalar
from x64.foreign import address_of, callable_at, function, view

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROT_READ_WRITE = 3
MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE = 0x02, 0x20, 0x4000, 0x100000
MAP_FAILED = (1 << 64) - 1
CODE_BASE = 0x7E0000000000  # Made-up addresses of functions written in Python.

_mmap, _munmap = function("mmap", "QQiiiQ>Q"), function("munmap", "QQ>i")


def _map(size: int, address: int) -> int:
    """Address of `size` bytes of zeroes, reserved only; 0 if there are none (at the address wanted)."""
    flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (MAP_FIXED_NOREPLACE if address else 0)
    found = _mmap(address, size, PROT_READ_WRITE, flags, -1, 0)
    if found == MAP_FAILED:
        return 0
    if address and found != address:  # A kernel that does not know the flag took it for a hint.
        _munmap(found, size)
        return 0
    return int(found)


class ProcessMemory:
    """One reservation of address space."""

    #: All that there are.
    reserved: list[ProcessMemory] = []

    def __init__(self, base: int, size: int) -> None:
        self.base, self.size = base, size
        self._bytes = view(base, size)
        self._functions: dict[int, Callable[..., Any]] = {}

    @classmethod
    def reserve(cls, size: int, hints: tuple[int, ...]) -> ProcessMemory | None:
        """At the first address of `hints` that is free, else anywhere; None if there is not that much."""
        for hint in (*hints, 0):
            base = _map(size, hint)
            if base:
                memory = cls(base, size)
                cls.reserved.append(memory)
                return memory
        return None

    def release(self) -> None:
        """Unmaps everything; pointers into it dangle."""
        self._bytes = memoryview(b"")
        if self in self.reserved:
            self.reserved.remove(self)
        _munmap(self.base, self.size)

    def read(self, address: int, size: int) -> bytes:
        offset = address - self.base
        data = self._bytes[offset : offset + size].tobytes() if offset >= 0 else b""
        if len(data) == size:
            return data
        owner = self._owner(address, size)
        assert owner is not None, f"wild read of {size} bytes at {address:#x}"
        return owner.read(address, size)

    def write(self, address: int, data: bytes) -> None:
        offset = address - self.base
        if 0 <= offset <= len(self._bytes) - len(data):
            self._bytes[offset : offset + len(data)] = data
            return
        owner = self._owner(address, len(data))
        assert owner is not None, f"wild write of {len(data)} bytes at {address:#x}"
        owner.write(address, data)

    def _owner(self, address: int, size: int) -> ProcessMemory | None:
        """The other reservation that holds these bytes."""
        for other in list(self.reserved):
            end = other.base + len(other._bytes)
            if other is not self and other.base <= address and address + size <= end:
                return other
        return None

    def register(self, function: Callable[..., Any]) -> int:
        """A made-up address for a Python function, so that simulated code can call it."""
        address = CODE_BASE + len(self._functions)
        self._functions[address] = function
        return address

    def name(self, address: int, function: Callable[..., Any]) -> None:
        """What simulated code calls at an address of machine code."""
        self._functions[address] = function

    def function_at(self, address: int) -> Callable[..., Any]:
        assert address in self._functions, f"call of {address:#x}, which is no function"
        return self._functions[address]

    def symbol(self, name: str, type_: FnPtr) -> int:
        """Address of a libc or libm function; simulated code can call it as well."""
        address = address_of(name)
        self._functions[address] = _Foreign(address, type_)
        return address


_LETTERS = {"i32": "i", "u32": "I", "i64": "q", "u64": "Q", "f64": "d"}


def _letter(type_: Any) -> str:
    return _LETTERS[type_.name] if isinstance(type_, Scalar) else "Q"


class _Foreign:
    """A C function that simulated code may call; made callable when it does."""

    def __init__(self, address: int, type_: FnPtr) -> None:
        self.address, self.type = address, type_
        self.function: Callable[..., Any] | None = None

    def __call__(self, *args: Any) -> Any:
        if self.function is None:
            signature = "".join(map(_letter, self.type.args)) + ">" + _letter(self.type.result)
            self.function = callable_at(self.address, signature)
        return self.function(*args)
