"""The image as it is kept in a file: code, symbols, handlers."""

from __future__ import annotations

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1


class Symbol:
    """A function of the image.  Without a signature it is not called from Python."""

    __slots__ = ("offset", "signature", "size", "source")

    def __init__(self, offset: int, size: int, signature: str, source: str) -> None:
        self.offset = offset
        self.size = size
        self.signature = signature
        self.source = source


class Linked:
    """The image, not yet mapped.  `absolute`: places that hold the address of an offset."""

    __slots__ = ("absolute", "code", "handlers", "symbols")

    def __init__(
        self,
        code: bytes,
        symbols: dict[str, Symbol],
        handlers: dict[int | str, str],
        absolute: list[tuple[int, int]],
    ) -> None:
        self.code = code
        self.symbols = symbols
        self.handlers = handlers
        self.absolute = absolute

    def plain(self) -> Any:
        """As values that marshal knows."""
        rows = [(name, s.offset, s.size, s.signature, s.source) for name, s in self.symbols.items()]
        handlers = [(key if isinstance(key, str) else int(key), name) for key, name in self.handlers.items()]
        return FORMAT, self.code, rows, handlers, self.absolute


def from_plain(value: Any) -> Linked | None:
    """The image of `Linked.plain`; None if it is of another format."""
    if not isinstance(value, tuple) or value[0] != FORMAT:
        return None
    _, code, rows, handlers, absolute = value
    return Linked(code, {row[0]: Symbol(*row[1:]) for row in rows}, dict(handlers), absolute)
