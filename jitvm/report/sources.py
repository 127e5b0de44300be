"""The source text of a program, found again after it ran.

    sources = Sources({"demo.lua": "local x ..."}, folders=("lib",))
    sources.lines("@demo.lua")          ["local x ...", ...]
    sources.lines("return 1")           ["return 1"]        a chunk loaded from a string is its own name
    sources.lines("=stdin")             None                nothing to read

A log names chunks but does not hold their text.  Texts that are given win over files; files are looked for as
they were named, then by their base name in the folders.  A file that changed since the run is not noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

MAX_SOURCE_BYTES = 4 << 20


class Sources:
    """Finds texts by the names of chunks."""

    def __init__(self, texts: Mapping[str, str] | None = None, folders: Sequence[str | Path] = ()) -> None:
        self.texts = dict(texts or {})
        self.folders = tuple(Path(folder) for folder in folders)

    def lines(self, chunk: str) -> list[str] | None:
        """None if the text is not to be had."""
        if chunk.startswith("="):
            return None
        if not chunk.startswith("@"):
            return split_lines(chunk)
        text = self._text(chunk[1:])
        return None if text is None else split_lines(text)

    def _text(self, name: str) -> str | None:
        base = Path(name).name
        for key in (name, base):
            if key in self.texts:
                return self.texts[key]
        for path in (Path(name), *(folder / base for folder in self.folders)):
            text = _read(path)
            if text is not None:
                return text
        return None


def _read(path: Path) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > MAX_SOURCE_BYTES:
            return None
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError):  # ValueError: a name with a zero byte.
        return None


def split_lines(text: str) -> list[str]:
    """As the lexer counts: CR LF and LF CR are one end of a line, form feeds and the like are none."""
    joined = text.replace("\r\n", "\n").replace("\n\r", "\n").replace("\r", "\n")
    return joined.split("\n")
