"""Running native code in CPython: a heap image in a bytearray, and the interpreter one step at a time.

    with SimulatedMemory.installed() as memory:
        t = Ptr[GCtab](memory.allocate(GCtab.sizeof()))
        tab_init(t)

    vm = Interp(g, base, pc, kbase)
    vm.step()       # one bytecode, through its handler

The image occupies one range of made-up addresses; any access outside of it is an error, so that a stray
pointer is found at once.
"""

from __future__ import annotations

from ir.layout import ACCESS, Ptr, u32, u64
from jitvm.native import registry

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CODE_BASE = 0x7E0000000000  # Addresses of functions; nothing can be read there.


class SimulatedMemory:
    """Zero-filled memory from `base` on, with a bump allocator for tests."""

    def __init__(self, size: int = 1 << 20, base: int = 0x100000) -> None:
        self.data, self.base = bytearray(size), base
        self.next = base
        self.functions: list[Callable[..., Any]] = []

    def in_use(self) -> _Use:
        """`Ptr` accesses go here inside the `with` block."""
        return _Use(self)

    @classmethod
    def installed(cls, size: int = 1 << 20) -> Any:
        """A fresh image, in use inside the `with` block."""
        return cls(size).in_use()

    def _at(self, address: int, size: int) -> int:
        offset = address - self.base
        assert offset >= 0 and offset + size <= len(self.data), f"wild access of {size} bytes at {address:#x}"
        return offset

    def read(self, address: int, size: int) -> bytes:
        offset = self._at(address, size)
        return bytes(self.data[offset : offset + size])

    def write(self, address: int, data: bytes) -> None:
        offset = self._at(address, len(data))
        self.data[offset : offset + len(data)] = data

    def allocate(self, size: int, align: int = 16) -> int:
        """Address of `size` zero bytes."""
        address = -(-self.next // align) * align
        self.next = address + size
        assert self.next <= self.base + len(self.data), f"image full: {size} bytes wanted"
        return address

    def register(self, function: Callable[..., Any]) -> int:
        """A made-up address for a function, to be stored in a `FnPtr` field and called through it."""
        self.functions.append(function)
        return CODE_BASE + len(self.functions) - 1

    def function_at(self, address: int) -> Callable[..., Any]:
        index = address - CODE_BASE
        assert 0 <= index < len(self.functions), f"call of {address:#x}, which is no function"
        return self.functions[index]


class _Use:
    """The `with` block of `SimulatedMemory.in_use`."""

    def __init__(self, memory: SimulatedMemory) -> None:
        self.memory = memory
        self.before = ACCESS.memory

    def __enter__(self) -> SimulatedMemory:
        self.before, ACCESS.memory = ACCESS.memory, self.memory
        return self.memory

    def __exit__(self, *_: object) -> None:
        ACCESS.memory = self.before


class Next:
    """How a handler ends: jump to `target` (a handler or an address), or, if None, dispatch `ins`."""

    __slots__ = ("a", "d", "ins", "table", "target")

    def __init__(
        self, target: Any = None, a: Any = 0, d: Any = 0, ins: int | None = None, table: str = "dispatch"
    ) -> None:
        self.target = target
        self.a, self.d = a, d
        self.ins = ins
        self.table = table


class Leave(Exception):
    """The interpreter was left; `status` is what `vm_enter` returns."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Interp:
    """The pinned state of the interpreter, as handlers see it."""

    __slots__ = ("base", "g", "kbase", "pc")

    def __init__(self, g: Any, base: Any, pc: Any, kbase: Any) -> None:
        self.g, self.base, self.pc, self.kbase = g, base, pc, kbase

    def next(self) -> Next:
        """Fetch the next instruction and go to its handler."""
        return Next()

    def dispatch(self, ins: int) -> Next:
        """The same for an instruction word already loaded (PC is past it)."""
        return Next(ins=ins)

    def plain(self, ins: int) -> Next:
        """The same through the table that never records."""
        return Next(ins=ins, table="dispatch_plain")

    def tail(self, target: Any, a: Any, d: Any) -> Next:
        """Jump to a function of the handler convention."""
        return Next(target, a, d)

    def tail_ptr(self, address: int, a: Any, d: Any) -> Next:
        """Jump to an address: machine code of a trace, or a simulated function registered there."""
        return Next(address, a, d)

    def step(self) -> None:
        """One bytecode: fetch, then run handlers until one dispatches again."""
        ins = self.pc[0]
        self.pc = self.pc + 1
        jump = self._go(Next(ins=ins))
        while jump.target is not None or jump.ins is not None:
            jump = self._go(jump)

    def run(self, limit: int = 1_000_000) -> int:
        """Until the interpreter is left; returns the status."""
        try:
            for _ in range(limit):
                self.step()
        except Leave as leave:
            return leave.status
        raise AssertionError(f"still running after {limit} steps")

    def _go(self, jump: Next) -> Next:
        if jump.target is None:
            assert jump.ins is not None
            ins = jump.ins
            handler: Any = registry.HANDLERS[ins & 0xFF]
            a, d = ins >> 8 & 0xFF, ins >> 16
        else:
            handler, a, d = jump.target, jump.a, jump.d
            if isinstance(handler, int):
                handler = ACCESS.memory.function_at(handler)  # type: ignore[attr-defined]
        result = handler(self, _operand(a), _operand(d))
        assert isinstance(result, Next), f"{handler} returned {result!r}"
        return result


def _operand(value: Any) -> int:
    return value.addr if isinstance(value, Ptr) else int(u64(value))


def fields_of(ins: int) -> tuple[int, int, int, int]:
    """op, A, C, B of an instruction word, for tests."""
    word = int(u32(ins))
    return word & 0xFF, word >> 8 & 0xFF, word >> 16 & 0xFF, word >> 24
