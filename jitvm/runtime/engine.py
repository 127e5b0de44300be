"""What runs native code: the compiled image, or CPython in simulation.

Both give the Runtime the same things: addresses of handlers for the dispatch tables, native functions to
call, and a way into the interpreter.  The simulated engine is for tests, and works before anything compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ir.layout import ACCESS, Ptr, u32, u64
from ir.objects import VM, TValue
from jitvm.native import Interp, Next, registry
from x64.foreign import error_number

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any, Protocol

    from jitvm.runtime.heap import Heap
    from jitvm.runtime.jit import CodeGenerator
    from jitvm.runtime.runtime import Runtime

    class Engine(Protocol):
        """How native code is found and entered."""

        @property
        def functions(self) -> Mapping[str, Callable[..., Any]]:
            """Native functions by name, callable with integers and `Ptr`s."""

        def handler(self, key: int | str) -> int:
            """Address of the handler of a bytecode, or of one known by name."""

        def function(self, name: str) -> int:
            """Address of a native function."""

        def upcall(self, target: Upcall) -> int:
            """Address through which native code calls `target`."""

        def enter(self, g: int, thread: int, pc: int, base: int, kbase: int) -> int:
            """Run the interpreter from `pc` on until it is left; the status."""

        def entry(self) -> int:
            """Address of the same for native code."""

        def last_error(self) -> int:
            """errno, as native code left it before the upcall that is being served."""

        def new_heap(self) -> Heap:
            """A heap whose native functions are this engine's."""

        def keep(self, runtime: Runtime) -> None:
            """The heap of a new runtime is complete: keep a snapshot, if that is of use."""

        def release(self) -> None:
            """Nothing will run any more: gives machine code back."""


#: Python's side of an upcall: number and three arguments to a status.
Upcall = Callable[[int, int, int, int], int]
#: Bytecodes that a simulated program may run.
STEPS = 1 << 40

def import_native_code() -> None:
    """Every module that declares native functions."""
    import importlib
    import pkgutil

    for package in ("jitvm.runtime", "jitvm.interp", "jitvm.lib"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            if not module.name.endswith("_py"):
                importlib.import_module(f"{package}.{module.name}")


class _Tables(Interp):
    """Dispatches through the tables of `g`, as machine code does."""

    def _go(self, jump: Next) -> Next:
        if jump.target is None:
            assert jump.ins is not None
            table = self.g.dispatch if jump.table == "dispatch" else self.g.dispatch_plain
            jump = Next(int(table[jump.ins & 0xFF]), jump.ins >> 8 & 0xFF, jump.ins >> 16)
        return super()._go(jump)


class SimulatedEngine:
    """Every native function is run by CPython."""

    def __init__(self) -> None:
        import_native_code()
        self.functions: dict[str, Callable[..., Any]] = {}
        self._addresses: dict[object, int] = {}

    def _register(self, key: object, function: Callable[..., Any]) -> int:
        if key not in self._addresses:
            self._addresses[key] = ACCESS.memory.register(function)  # type: ignore[attr-defined]
        return self._addresses[key]

    def handler(self, key: int | str) -> int:
        return self._register(("handler", key), registry.HANDLERS[key])

    def function(self, name: str) -> int:
        return self._register(name, registry.NATIVES[name])

    def upcall(self, target: Upcall) -> int:
        return self._register("upcall", target)

    def enter(self, g: int, thread: int, pc: int, base: int, kbase: int) -> int:
        state = _Tables(Ptr(VM, g), Ptr(TValue, base), Ptr(u32, pc), Ptr(u64, kbase))
        return state.run(STEPS)

    def last_error(self) -> int:
        return error_number()

    def entry(self) -> int:
        return self._register("enter", lambda *args: self.enter(*[int(getattr(a, "addr", a)) for a in args]))

    def new_heap(self) -> Heap:
        from jitvm.runtime.heap import Heap

        return Heap()

    def keep(self, runtime: Runtime) -> None:
        """Addresses of simulated functions are of no use to others."""

    def release(self) -> None:
        self._addresses.clear()


class ImageEngine:
    """The compiled image, mapped into the process."""

    def __init__(self) -> None:
        import _cffi_backend as backend

        from jitvm.native import image

        self.image = image.load()
        self._backend = backend
        self._callback: Any = None
        self.functions = _Natives(self.image)
        self._enter = self.image.callable("vm_enter")

    def handler(self, key: int | str) -> int:
        return int(self.image.handlers[key])

    def function(self, name: str) -> int:
        return int(self.image.address(name))

    def upcall(self, target: Upcall) -> int:
        """The callback object lives as long as the engine."""
        b = self._backend
        u32, u64, i64 = (b.new_primitive_type(name) for name in ("uint32_t", "uint64_t", "int64_t"))
        type_ = b.new_function_type((u32, u64, u64, u64), i64, False)
        self._callback = b.callback(type_, target, -1)
        return int(b.cast(u64, b.cast(b.new_primitive_type("uintptr_t"), self._callback)))

    def enter(self, g: int, thread: int, pc: int, base: int, kbase: int) -> int:
        return int(self._enter(g, thread, pc, base, kbase))

    def entry(self) -> int:
        return int(self.image.address("vm_enter"))

    def last_error(self) -> int:
        return error_number()

    def new_heap(self) -> Heap:
        """Restored from what `keep` kept in an earlier process, if possible."""
        from jitvm.runtime.heap import Heap

        return Heap(self.functions, self.image.heap, self.image.identity)

    def keep(self, runtime: Runtime) -> None:
        from jitvm.native import image
        from jitvm.runtime.snapshot import take

        saved = take(runtime, self.image.identity)
        if saved is not None:
            image.keep_heap(saved)

    def release(self) -> None:
        self.image.area.close()
        self._callback = None

    def code_generator(self, runtime: Runtime) -> CodeGenerator:
        """Machine code for traces, in reach of the image."""
        from jitvm.trace.machine import Machine

        return Machine(runtime.heap.g.traces, self.image.area, self)

    def address(self, name: str) -> int:
        """Address of any symbol of the image."""
        return int(self.image.address(name))

    def name_of(self, address: int) -> str | None:
        """The function that begins at an address."""
        found = self.image.symbol_at(address)
        return found[0] if found is not None and found[1] == 0 else None


class _Natives(dict):  # type: ignore[type-arg]
    """Callables of the image, made when first asked for."""

    def __init__(self, image: Any) -> None:
        super().__init__()
        self._image = image

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def __missing__(self, name: str) -> Any:
        self[name] = found = self._image.callable(name)
        return found
