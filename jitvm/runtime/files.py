"""Reading chunks from files, with luajit's messages when that fails."""

from __future__ import annotations

import os
import sys

from jitvm.front.errors import LuaError


def read_chunk(name: bytes | None) -> tuple[bytes, bytes]:
    """Source and chunk name of a file; standard input for None.  Raises LuaError."""
    if name is None:
        return sys.stdin.buffer.read(), b"=stdin"
    try:
        with open(name, "rb", buffering=0) as file:
            return file.readall(), b"@" + name
    except OSError as error:
        reason = os.strerror(error.errno or 0).encode()
        verb = b"read" if isinstance(error, IsADirectoryError) else b"open"
        raise LuaError(b"cannot %s %s: %s" % (verb, name, reason)) from None
