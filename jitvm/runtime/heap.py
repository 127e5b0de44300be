"""The memory map of a runtime, and its global state before the first function runs.

One reservation of address space holds everything that native code addresses, low enough that addresses of
objects fit 32-bit immediates:

    base               VM        the global state, size classes, handle table, auxiliary records
    + VM_AREA          code      prototypes, packed one after the other, never moved
    + CODE_END         counters  hot counters: u16 at hot_base + (pc >> 1)
    + HEAP_START       heap      blocks of objects (alloc.py)
    + heap size        marks     one bit per 16 bytes from base on, twice
                       blocks    one record per block
                       grays     stack of the collector, and two more lists of objects

Only touched pages cost memory.  The first runtime of a process lives at a fixed address, so that
listings do not change from run to run; the next ones, or the first where it is taken, live elsewhere.

Does not do: libraries, prototypes, upcalls (`runtime.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from ir.layout import ACCESS, Ptr, offset_of
from ir.objects import VM, GCObject, GCstr, GCtab, State, TValue
from jitvm.native import registry
from jitvm.runtime.memory import ProcessMemory
from jitvm.runtime.value import NIL, TAB_BITS

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any

MB, GB = 1 << 20, 1 << 30
VM_AREA = 32 * MB
CODE_END = 256 * MB
HEAP_START = CODE_END + 128 * MB
HINTS = tuple(0x40000000 + n * 64 * GB for n in range(64))
SIZES = (32 * GB, 8 * GB, 2 * GB)
HANDLES = 1 << 20
#: Names of metamethods by number, LuaJIT's order.
METAMETHODS = """index newindex gc mode eq len lt le concat call add sub mul div mod pow unm metatable
tostring""".split()
#: What the allocator goes by; the same numbers stand in alloc.py, which a start has no need to load.
BLOCK_SIZE, BLOCK_RECORD = 1 << 16, 16
MIN_STRTAB = 1024
TMPBUF = 64 * 1024
STR_LENGTH, STR_DATA = offset_of(GCstr, "len"), GCstr.sizeof()
STRING_SEED = 0x0123456789ABCDEF

assert CODE_END - VM_AREA <= 2 * 128 * MB, "every code word has a counter"


class Heap:
    """The reservation, `g`, and Python's way to make objects."""

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]] | None = None, saved: Any = None, image: Any = None
    ) -> None:
        """`functions`: compiled native functions by name; simulated ones are used for the others.
        `saved`: a snapshot (snapshot.py), used if it fits here and the image of that identity."""
        if functions is None:
            from jitvm.runtime.engine import import_native_code

            import_native_code()
        self.functions = {} if functions is None else functions
        self.memory, self.size = _reserve()
        ACCESS.memory = self.memory
        base = self.memory.base
        self.g = Ptr(VM, base)
        self._aux = base + 0x10000
        self._free_handles: list[int] = []
        self.closed = False
        self.saved = saved if saved is not None and self._restore(saved, image) else None
        if self.saved is None:
            self._make(base)

    def _restore(self, saved: Any, image: Any) -> bool:
        from jitvm.runtime import snapshot

        if not snapshot.fits(saved, self.memory.base, self.size, image):
            return False
        snapshot.restore_heap(self, saved)
        return True

    def _make(self, base: int) -> None:
        self._map(base)
        self._size_classes()
        self._system_functions()
        self._objects()

    def limit(self, size: int) -> None:
        """The program may use so many bytes; 0: what the machine can bear.

        Objects double before they are thrown away, so there is room for some more than that."""
        if size == 0:
            size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
        self.g.heap_limit = min(size, self.size // 3)

    def lacks_memory(self) -> bool:
        """Is the limit exceeded, after a collection if one may be made?"""
        if not self.g.gc_stopped:
            self.call("gc_full", self.g)
        return int(self.g.gc_total) > int(self.g.heap_limit)

    def close(self) -> None:
        """Gives the address space back."""
        self.closed = True
        self.memory.release()

    def state(self) -> tuple[int, int, list[int]]:
        """What is not in the memory."""
        return self._aux, self._scratch, self._free_handles

    def set_state(self, state: tuple[int, int, list[int]]) -> None:
        self._aux, self._scratch, self._free_handles = state
        self._handles = int(self.g.gc_handles.addr)

    def _map(self, base: int) -> None:
        from jitvm.runtime.gc import GC_HEADROOM, NO_COLOR

        g = self.g
        g.heap_base, g.heap_first = base, base + HEAP_START
        g.heap_top, g.heap_end = base + HEAP_START, base + self.size
        g.heap_limit = g.heap_end
        g.code_top, g.code_end = base + VM_AREA, base + CODE_END
        g.hot_base = base + CODE_END - (base + VM_AREA >> 1)
        g.gc_marks = base + self.size
        g.gc_taken = g.gc_marks + self.size // 128
        g.gc_blocks = g.gc_taken + self.size // 128
        g.gc_grays = g.gc_blocks + self.size // BLOCK_SIZE * BLOCK_RECORD
        g.gc_agains = g.gc_again = g.gc_grays + self.size // 4
        g.gc_blacks = g.gc_agains + self.size // 4
        g.gc_marks_top = g.gc_taken_top = g.heap_first
        g.gc_color = NO_COLOR
        g.gc_pause, g.gc_stepmul = 200, 200
        g.gc_threshold = g.gc_paid = GC_HEADROOM

    def _size_classes(self) -> None:
        from bisect import bisect_left

        from jitvm.runtime import alloc
        from jitvm.runtime.alloc import CLASS_SIZES, MEDIUM_MAX, SizeClass

        known = (alloc.BLOCK_SIZE, alloc.Block.sizeof(), alloc.CODE_OFFSET)
        assert known == (BLOCK_SIZE, BLOCK_RECORD, VM_AREA), known
        g, count = self.g, len(CLASS_SIZES)
        g.freelists = self.aux(8 * count)
        g.gc_classes = self.aux(SizeClass.sizeof() * count)
        for number, size in enumerate(CLASS_SIZES):
            at = Ptr(SizeClass, g.gc_classes) + number
            at.size, at.cells = size, BLOCK_SIZE // max(size, 1)
        by_size = bytes([bisect_left(CLASS_SIZES, size) for size in range(0, MEDIUM_MAX + 1, 16)])
        g.gc_classof = self.constant(by_size)

    def _system_functions(self) -> None:
        from jitvm.runtime.snapshot import system_functions

        for name in system_functions():
            setattr(self.g, name, self.memory.symbol(name, VM.layout()[name][1]))

    def _objects(self) -> None:
        from jitvm.runtime.chartypes import CHAR_BITS, CLASS_BITS

        g = self.g
        self._handles = self.aux(8 * HANDLES)
        g.gc_handles = self._handles
        g.tmpbuf, g.tmpbuf_size = self.aux(TMPBUF), TMPBUF
        self._scratch = self.aux(TMPBUF)  # Not tmpbuf: native code may be in the middle of filling that.
        g.nilnode.val.bits = g.nilnode.key.bits = g.niltv.bits = NIL
        g.tmptv.bits = g.tmptv2.bits = g.errval.bits = NIL
        g.char_bits, g.class_bits = self.constant(CHAR_BITS), self.constant(CLASS_BITS)
        g.strseed, g.strmask = STRING_SEED, MIN_STRTAB - 1
        g.strhash = self.aux(8 * MIN_STRTAB)
        g.stremptyz = self.string(b"")
        for number, name in enumerate(METAMETHODS):
            g.mmnames[number] = self.string(b"__" + name.encode()).addr
        g.main = g.cur = self.call("state_new", g)
        g.globals = self.table(0, 6)
        g.main.env = g.globals
        g.ref("registry").bits = self.table(0, 2).addr | TAB_BITS
        self.call("prng_seed_fixed", g)

    def call(self, name: str, *args: Any) -> Any:
        """A native function: compiled if it is, simulated if not."""
        function = self.functions.get(name) or registry.NATIVES[name]
        return function(*args)

    def make(self, name: str, *args: Any) -> int:
        """Address of what a native function of g and these makes."""
        return _address(self.call(name, self.g, *args))

    def aux(self, size: int) -> int:
        """Zeroed memory for good, 16-byte aligned, outside of the object heap."""
        address = self._aux
        self._aux = address + (size + 15 & ~15)
        assert self._aux <= self.g.heap_base + VM_AREA, "auxiliary memory is full"
        return address

    def constant(self, data: bytes) -> int:
        """Bytes for good."""
        address = self.aux(len(data))
        self.memory.write(address, data)
        return address

    def code(self, size: int) -> int:
        """Zeroed memory for a prototype."""
        address = self.g.code_top
        self.g.code_top = address + (size + 15 & ~15)
        assert self.g.code_top <= self.g.code_end, "memory for prototypes is full"
        return int(address)

    def string(self, text: bytes) -> Ptr:
        """The interned string of these bytes."""
        return Ptr(GCstr, self.call_with_bytes("str_new", text, len(text)))

    def call_with_bytes(self, name: str, data: bytes, *args: int) -> int:
        """A native function of g, the address of these bytes, and more; its result, or where that is."""
        size = len(data)
        scratch = self._scratch if size <= TMPBUF else _address(self.call("mem_alloc", self.g, size))
        self.memory.write(scratch, data)
        found = _address(self.call(name, self.g, scratch, *args))
        if size > TMPBUF:
            self.call("mem_free", self.g, scratch, size)
        return found

    def text(self, s: Ptr) -> bytes:
        """The bytes of a string."""
        address, read = s.addr, self.memory.read
        return read(address + STR_DATA, int.from_bytes(read(address + STR_LENGTH, 4), "little"))

    def table(self, asize: int, hbits: int) -> Ptr:
        """A new table: `asize` array slots (counting index 0), 2^hbits hash nodes (0: none)."""
        return Ptr(GCtab, _address(self.call("tab_new", self.g, asize, hbits)))

    def thread(self) -> Ptr:
        """The main thread."""
        return Ptr(State, self.g.main.addr)

    def hold(self, address: int) -> int:
        """Keeps an object alive until `release(handle)`."""
        if self._free_handles:
            handle = self._free_handles.pop()
        else:
            handle = self.g.gc_handle_count
            assert handle < HANDLES, "handle table is full"
            self.g.gc_handle_count = handle + 1
        self.memory.write(self._handles + 8 * handle, address.to_bytes(8, "little"))
        return int(handle)

    def release(self, handle: int) -> None:
        """Ends `hold`."""
        if self.closed:  # What Python still had of this heap is nothing now.
            return
        self.memory.write(self._handles + 8 * handle, bytes(8))  # The running heap may be another one.
        self._free_handles.append(handle)

    def barrier(self, address: int) -> None:
        """Python has stored something into an object that is not new."""
        self.call("gc_barrier", self.g, Ptr(GCObject, address))

    def collect_always(self, how: int = 1) -> None:
        """From now on every check that follows an allocation collects: what has no root does not live.
        `how` is 2: it makes a step, and finds out where a barrier is missing."""
        self.g.gc_stress = how
        self.call("gc_set_threshold", self.g)

    def scratch(self) -> Ptr:
        """Two slots for passing values to native functions."""
        return Ptr(TValue, self.g.ref("tmptv").addr)


def _address(found: Any) -> int:
    return int(found.addr if isinstance(found, Ptr) else found)


def _reserve() -> tuple[ProcessMemory, int]:
    for size in SIZES:
        total = size + size // 64 + size // BLOCK_SIZE * BLOCK_RECORD + size // 4 * 3
        memory = ProcessMemory.reserve(total, HINTS)
        if memory is not None:
            return memory, size
    raise MemoryError("no address space for the heap")
