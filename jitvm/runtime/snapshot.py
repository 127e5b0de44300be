"""The heap of a new runtime, kept: a start copies it instead of making the library anew.

    saved = take(runtime)                   of a runtime that has run nothing yet; plain values
    heap = Heap(functions, saved)           the same heap, where `saved` fits the place
    restore(runtime, saved)                 and what Python knows about it

A heap and the image it calls have fixed addresses unless something is in the way, so a snapshot holds
addresses as they are and fits only there; elsewhere (a second runtime of a process, say) the heap is made
anew.  Only what lies outside of both is looked up again: functions and streams of the C library, the way into
Python.  These are found by value, words of the heap that equal one of those addresses.

A snapshot holds addresses within the image: it names the code it was made with, and fits no other.

Invariant: nothing in a new heap depends on anything but the sources (the cache's key) and the addresses;
with VARIABLES in the environment, which do go into it, there are no snapshots.
"""

from __future__ import annotations

import os
import struct

from ir.layout import FnPtr, Ptr
from ir.objects import VM, GCtab
from jitvm.front.proto import Prototype, TemplateTable, VarInfo
from jitvm.runtime.heap import BLOCK_RECORD, BLOCK_SIZE, HEAP_START, HINTS, SIZES, VM_AREA, Heap
from jitvm.runtime.protos import LoadedProto
from x64.area import HINT

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any

    from jitvm.runtime.runtime import Runtime

FORMAT = 1
PAGE = 4096
EMPTY = bytes(PAGE)
VARIABLES = ("LUA_PATH", "LUA_CPATH")
STREAMS = ("stdin", "stdout", "stderr")


def fits(saved: Any, base: int, size: int, image: tuple[int, bytes]) -> bool:
    """Is this a snapshot of a heap there, made with the same image at the same address?"""
    return isinstance(saved, tuple) and saved[:4] == (FORMAT, base, size, image) and not _is_special()


def _is_special() -> bool:
    """Does the environment say what a new heap holds?"""
    return any(name in os.environ for name in VARIABLES)


# Taking.


def take(runtime: Runtime, image: tuple[int, bytes]) -> Any:
    """A snapshot of a new runtime; None where none would be found again."""
    heap = runtime.heap
    base = heap.memory.base
    if (base, heap.size, image[0]) != (HINTS[0], SIZES[0], HINT) or _is_special():
        return None
    runs = list(_runs(heap))
    builtins = runtime.builtins
    modules = {name: table.addr for name, table in builtins.modules.items()}
    return (
        FORMAT, base, heap.size, image, runs, _patches(heap, runs), heap.state(),
        dict(builtins.functions), dict(builtins.by_header.places), modules,
        _plain_protos(runtime.protos.loaded), runtime.start_word,
    )  # fmt: skip


def _runs(heap: Heap) -> Any:
    """What is not zero: (address, bytes), whole pages.  Hot counters are set when options are applied."""
    g = heap.g
    blocks = (int(g.heap_top) - heap.memory.base) // BLOCK_SIZE * BLOCK_RECORD
    base = heap.memory.base
    for start, end in (
        (base, base + VM_AREA),
        (base + VM_AREA, int(g.code_top)),
        (base + HEAP_START, int(g.heap_top)),
        (int(g.gc_blocks), int(g.gc_blocks) + blocks),
    ):
        yield from _used(heap.memory.read(start, end - start), start)


def _used(data: bytes, start: int) -> Any:
    first = None
    for at in range(0, len(data) + PAGE, PAGE):
        page = data[at : at + PAGE]
        is_used = page != EMPTY[: len(page)]
        if is_used and first is None:
            first = at
        if not is_used and first is not None:
            yield start + first, data[first:at]
            first = None


def _patches(heap: Heap, runs: list[tuple[int, bytes]]) -> list[tuple[int, str]]:
    """Where the addresses of things outside are: (address, name)."""
    names = {address: name for name, address in outside(heap).items()}
    return [
        (start + 8 * number, names[word])
        for start, data in runs
        for number, word in enumerate(struct.unpack(f"<{len(data) // 8}Q", data[: len(data) & ~7]))
        if word in names
    ]


def outside(heap: Heap) -> dict[str, int]:
    """Addresses of what the C library provides, by name."""
    from x64.foreign import pointer_in

    found = {name: int(getattr(heap.g, name)) for name in system_functions()}
    return {**found, **{name: pointer_in(name) for name in STREAMS}}


def system_functions() -> list[str]:
    """The fields of `g` that hold functions of the C library."""
    own = ("upcall", "enter")
    return [name for name, (_, type_) in VM.layout().items() if isinstance(type_, FnPtr) and name not in own]


# Restoring.


def restore_heap(heap: Heap, saved: Any) -> None:
    """The bytes of the heap."""
    from x64.foreign import address_of, pointer_in

    memory = heap.memory
    for address, data in saved[4]:
        memory.write(address, data)
    found: dict[str, int] = {}
    for address, name in saved[5]:
        if name not in found:
            found[name] = pointer_in(name) if name in STREAMS else address_of(name)
        memory.write(address, found[name].to_bytes(8, "little"))
    heap.set_state(saved[6])


def restore(runtime: Runtime, saved: Any) -> None:
    """What Python knows of the heap."""
    builtins = runtime.builtins
    builtins.functions.update(saved[7])
    builtins.by_header.places.update(saved[8])
    builtins.modules.update({name: Ptr(GCtab, address) for name, address in saved[9].items()})
    runtime.protos.adopt(_loaded_protos(saved[10]))
    runtime.start_word = saved[11]


# Prototypes of library functions that are written in Lua.


def _plain_protos(loaded: list[LoadedProto]) -> list[Any]:
    order = {id(one.proto): number for number, one in enumerate(loaded)}
    return [(one.address, *_plain_proto(one.proto, order)) for one in loaded]


def _plain_proto(proto: Prototype, order: dict[int, int]) -> tuple[Any, ...]:
    kgc: list[Any] = []
    for constant in proto.kgc:
        match constant:
            case bytes():
                kgc.append(constant)
            case Prototype():
                kgc.append(order[id(constant)])
            case TemplateTable():
                kgc.append((constant.array, constant.hash, constant.asize, constant.hbits))
            case _:
                raise AssertionError(f"no constant of a library function: {constant!r}")
    fields = {name: getattr(proto, name) for name in Prototype.__slots__ if name not in ("kgc", "varinfo")}
    return fields, kgc, [(info.name, info.startpc, info.endpc) for info in proto.varinfo]


def _loaded_protos(rows: list[Any]) -> list[LoadedProto]:
    loaded: list[LoadedProto] = []
    for address, fields, plain_kgc, varinfo in rows:
        kgc: list[Any] = [
            loaded[constant].proto if isinstance(constant, int)
            else _template(*constant) if isinstance(constant, tuple) else constant
            for constant in plain_kgc
        ]  # fmt: skip
        proto = Prototype(**fields, kgc=kgc, varinfo=[VarInfo(*row) for row in varinfo])
        loaded.append(LoadedProto(proto, address))
    return loaded


def _template(array: Any, hash_part: Any, asize: int, hbits: int) -> TemplateTable:
    template = TemplateTable()
    template.array, template.hash, template.asize, template.hbits = array, hash_part, asize, hbits
    return template
