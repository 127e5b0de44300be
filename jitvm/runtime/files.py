"""Files on the Python side: streams of the C library, opened and closed; chunks read from files.

    stream = libc("fopen")(b"name", b"r")   the address of a FILE, or 0
    error_text(last_error())                what went wrong

Reading and writing are native (`stdio.py`), on the same streams.
"""

from __future__ import annotations

import functools
import os

from jitvm.front.errors import LuaError
from x64.foreign import bytes_in, error_number, function, pointer_in, room

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Functions that io and os use; streams are addresses, 0 is none.
SIGNATURES = {
    "fopen": "ss>Q", "popen": "ss>Q", "tmpfile": ">Q", "fclose": "Q>i", "pclose": "Q>i", "fflush": "Q>i",
    "fwrite": "sQQQ>Q", "fread": "sQQQ>Q", "fseeko": "Qqi>i", "ftello": "Q>q", "setvbuf": "QQiQ>i",
    "ferror": "Q>i",
    "system": "s>i", "remove": "s>i", "rename": "ss>i", "mkstemp": "s>i", "setlocale": "is>Q",
    "strftime": "sQss>Q", "localtime_r": "ss>Q", "gmtime_r": "ss>Q", "mktime": "s>q",
}  # fmt: skip
PIECE = 1 << 16


@functools.cache
def libc(name: str, signature: str = "") -> Callable[..., Any]:
    """A function of the C library."""
    return function(name, signature or SIGNATURES[name])


def standard_stream(name: str) -> int:
    """The C library's stdin, stdout or stderr."""
    return pointer_in(name)


def last_error() -> int:
    """Why the last function of the C library failed."""
    return error_number()


def error_text(number: int) -> bytes:
    return os.strerror(number).encode()


def read_chunk(name: bytes | None) -> tuple[bytes, bytes]:
    """Source and chunk name of a file; standard input for None.  Raises LuaError."""
    if name is None:
        return _read_rest(standard_stream("stdin")), b"=stdin"
    try:
        with open(name, "rb", buffering=0) as file:
            return file.readall(), b"@" + name
    except OSError as error:
        reason = error_text(error.errno or 0)
        verb = b"read" if isinstance(error, IsADirectoryError) else b"open"
        raise LuaError(b"cannot %s %s: %s" % (verb, name, reason)) from None


def _read_rest(stream: int) -> bytes:
    """All that is left of a stream."""
    pieces = []
    piece = room(PIECE)
    while size := libc("fread")(piece, 1, PIECE, stream):
        pieces.append(bytes_in(piece)[:size])
    if libc("ferror")(stream):
        raise LuaError(b"cannot read stdin: " + error_text(last_error()))
    return b"".join(pieces)
