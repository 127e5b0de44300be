"""The VM image: all native functions as machine code, built once, cached, and mapped into the process.

    image = load()
    image.address("tab_get")
    image.handlers[BC.ADDVV]
    image.callable("str_new")(g, data, length)

`load` finds an image that matches the sources: in the cache, or the one that came with the package; else it
builds one.  The code is copied into an `Area` of its own, where traces have room too: everything in it is
within reach of a 32-bit displacement.

    python -m jitvm.native.image --output FOLDER    builds what is shipped with the package: image and heap
"""

from __future__ import annotations

import functools
import os
import sys
from bisect import bisect_right

from jitvm.cachedir import directory
from jitvm.native import cache
from jitvm.native.linked import Linked, Symbol, from_plain
from x64 import codenames
from x64.area import Area
from x64.foreign import callable_at

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

IMAGE_FILE, HEAP_FILE = "vm.image", "vm.heap"
SHIPPED, SHIPPED_HEAP = (os.path.join(os.path.dirname(__file__), name) for name in (IMAGE_FILE, HEAP_FILE))


class Image:
    """The image at its place in the process."""

    __slots__ = ("_order", "area", "base", "handlers", "heap", "identity", "size", "symbols")

    def __init__(
        self, area: Area, base: int, size: int, symbols: dict[str, Symbol], handlers: dict[int | str, int]
    ) -> None:
        self.area = area
        self.base = base
        self.size = size
        self.symbols = symbols
        self.handlers = handlers
        self.identity: tuple[int, bytes] = base, b""  # Where it is, and a checksum of its code.
        self.heap: Any = None  # A snapshot of a new runtime's heap (runtime/snapshot.py).
        self._order: list[tuple[int, str]] = []

    def address(self, name: str) -> int:
        return self.base + self.symbols[name].offset

    def callable(self, name: str) -> Callable[..., Any]:
        """A System V function as a Python callable."""
        signature = self.symbols[name].signature
        assert signature, f"{name} follows the handler convention"
        return callable_at(self.address(name), signature)

    def symbol_at(self, address: int) -> tuple[str, int] | None:
        """Name and distance of the function an address is in."""
        if not self._order:
            self._order = sorted((symbol.offset, name) for name, symbol in self.symbols.items())
        offset = address - self.base
        if not 0 <= offset < self.size:
            return None
        start, name = self._order[bisect_right(self._order, (offset, "\uffff")) - 1]
        return name, offset - start


def load(area: Area | None = None) -> Image:
    """The image for the sources as they are, in `area` or one of its own."""
    key, heap_key = keys()
    image = place(find(key), area or Area())
    image.heap = _kept(f"{directory()}/heap-{heap_key}", SHIPPED_HEAP, heap_key)
    return image


def place(linked: Linked, area: Area) -> Image:
    """Copies the code into executable memory."""
    base = area.place(linked.code)
    for offset, target in linked.absolute:
        area.write(base + offset, (base + target).to_bytes(8, "little"))
    handlers = {key: base + linked.symbols[name].offset for key, name in linked.handlers.items()}
    image = Image(area, base, len(linked.code), linked.symbols, handlers)
    image.identity = base, cache.checksum(linked.code)
    codenames.note((base + symbol.offset, symbol.size, name) for name, symbol in linked.symbols.items())
    return image


def find(key: str) -> Linked:
    """From the cache, from the package, or built."""
    folder = directory()
    linked = from_plain(_kept(f"{folder}/image-{key}", SHIPPED, key))
    if linked is None:
        linked = rebuild(folder)
        cache.keep(f"{folder}/image-{key}", (key, linked.plain()))
        cache.prune(folder)
    return linked


@functools.cache
def keys() -> tuple[str, str]:
    """Of the image, and of a new runtime's heap, for the sources as they are; once a process.

    What a process builds after its sources were edited is not what they say now."""
    stamp_file = f"{directory()}/stamp-{cache.stamp()}"
    match cache.read(stamp_file):
        case (str(key), str(heap_key)):
            return key, heap_key
    found = cache.content_key(), cache.content_key(cache.HEAP_SOURCES)
    cache.keep(stamp_file, found)
    return found


def _kept(cached: str, shipped: str, key: str) -> Any:
    """The value kept under a key in the cache, or else in the package."""
    for path in (cached, shipped):
        found = cache.read(path)
        if isinstance(found, tuple) and len(found) == 2 and found[0] == key:
            return found[1]
    return None


def keep_heap(saved: Any) -> None:
    """Keeps a snapshot of a new runtime's heap for later processes."""
    key = keys()[1]
    cache.keep(f"{directory()}/heap-{key}", (key, saved))


def rebuild(folder: str) -> Linked:
    """Builds, with the functions that an earlier build left in `folder`."""
    from jitvm.native.build import build

    path = f"{folder}/functions-{cache.content_key(cache.GENERATOR)}"
    known = cache.read(path)
    linked, used = build(known if isinstance(known, dict) else {})
    if used != known:
        cache.keep(path, used)
    return linked


def main(arguments: list[str]) -> int:
    """Builds what is not there yet; with --output also writes it to a folder."""
    is_output = len(arguments) == 2 and arguments[0] == "--output"
    if arguments and not is_output:
        print("usage: python -m jitvm.native.image [--output FOLDER]", file=sys.stderr)
        return 2
    key, heap_key = keys()
    linked = find(key)
    if is_output:
        folder = os.path.abspath(arguments[1])
        written = cache.write(f"{folder}/{IMAGE_FILE}", (key, linked.plain()))
        saved = new_heap()
        if saved is not None:
            written &= cache.write(f"{folder}/{HEAP_FILE}", (heap_key, saved))
        if not written:
            print(f"cannot write to {folder}", file=sys.stderr)
            return 1
    print(f"{len(linked.symbols)} functions, {len(linked.code)} bytes")
    return 0


def new_heap() -> Any:
    """A snapshot of a new runtime's heap; None if something is in its usual place."""
    from jitvm.runtime.engine import ImageEngine
    from jitvm.runtime.runtime import Runtime
    from jitvm.runtime.snapshot import take

    engine = ImageEngine()
    return take(Runtime(engine=engine), engine.image.identity)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
