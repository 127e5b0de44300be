"""The VM image: all native functions as machine code, built once, cached, and mapped into the process.

    image = load()
    image.address("tab_get")
    image.handlers[BC.ADDVV]
    image.callable("str_new")(g, data, length)

`load` finds an image that matches the sources: in the cache, or the one that came with the package; else it
builds one.  The code is copied into an `Area` of its own, where traces have room too: everything in it is
within reach of a 32-bit displacement.  JITVM_PERF_MAP=1 writes the names for `perf`.

    python -m jitvm.native.image --output FILE      builds the image that is shipped with the package
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right

from jitvm.native import cache
from jitvm.native.linked import Linked, Symbol, from_plain
from x64.area import Area
from x64.foreign import callable_at

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SHIPPED = os.path.join(os.path.dirname(__file__), "vm.image")


class Image:
    """The image at its place in the process."""

    __slots__ = ("_order", "area", "base", "handlers", "size", "symbols")

    def __init__(
        self, area: Area, base: int, size: int, symbols: dict[str, Symbol], handlers: dict[int | str, int]
    ) -> None:
        self.area = area
        self.base = base
        self.size = size
        self.symbols = symbols
        self.handlers = handlers
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
    return place(find(), area or Area())


def place(linked: Linked, area: Area) -> Image:
    """Copies the code into executable memory."""
    base = area.place(linked.code)
    for offset, target in linked.absolute:
        area.write(base + offset, (base + target).to_bytes(8, "little"))
    handlers = {key: base + linked.symbols[name].offset for key, name in linked.handlers.items()}
    image = Image(area, base, len(linked.code), linked.symbols, handlers)
    if os.environ.get("JITVM_PERF_MAP") == "1":
        write_perf_map(image)
    return image


def find() -> Linked:
    """From the cache, from the package, or built."""
    folder = cache.directory()
    stamp_file = f"{folder}/stamp-{cache.stamp()}"
    key = cache.read(stamp_file)
    if not isinstance(key, str):
        key = cache.content_key()
        cache.write(stamp_file, key)
    for path in (f"{folder}/image-{key}", SHIPPED):
        found = cache.read(path)
        if isinstance(found, tuple) and found[0] == key:
            linked = from_plain(found[1])
            if linked is not None:
                return linked
    linked = rebuild(folder)
    cache.write(f"{folder}/image-{key}", (key, linked.plain()))
    cache.prune(folder)
    return linked


def rebuild(folder: str) -> Linked:
    """Builds, with the functions that an earlier build left in `folder`."""
    from jitvm.native.build import build

    path = f"{folder}/functions-{cache.content_key(cache.GENERATOR)}"
    known = cache.read(path)
    linked, used = build(known if isinstance(known, dict) else {})
    if used != known:
        cache.write(path, used)
    return linked


def write_perf_map(image: Image) -> None:
    """Lines of /tmp/perf-PID.map: start, size, name."""
    with open(f"/tmp/perf-{os.getpid()}.map", "a", encoding="utf-8") as file:
        for name, symbol in image.symbols.items():
            file.write(f"{image.base + symbol.offset:x} {symbol.size:x} jitvm:{name}\n")


def main(arguments: list[str]) -> int:
    """Builds; with --output FILE also writes the image there."""
    folder = cache.directory()
    if arguments[:1] == ["--output"] and len(arguments) == 2:
        linked = rebuild(folder)
        if not cache.write(os.path.abspath(arguments[1]), (cache.content_key(), linked.plain())):
            print(f"cannot write {arguments[1]}", file=sys.stderr)
            return 1
    elif arguments:
        print("usage: python -m jitvm.native.image [--output FILE]", file=sys.stderr)
        return 2
    else:
        linked = find()
    print(f"{len(linked.symbols)} functions, {len(linked.code)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
