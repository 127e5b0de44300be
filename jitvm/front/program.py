"""A program as it comes: source text, or bytecode, which begins with ESC."""

from __future__ import annotations

from jitvm.front.errors import LuaSyntaxError
from jitvm.front.parser import compile_chunk
from jitvm.front.proto import Prototype

BYTECODE = b"\x1b"
WRONG_MODE = b"attempt to load chunk with wrong mode"


def read_program(data: bytes, chunkname: bytes, mode: bytes = b"bt") -> Prototype:
    """The main function.  `mode` has a b if bytecode will do, a t if text will.  Raises LuaSyntaxError."""
    is_bytecode = data[:1] == BYTECODE
    if (b"b" if is_bytecode else b"t") not in mode:
        raise LuaSyntaxError(WRONG_MODE)
    if not is_bytecode:
        return compile_chunk(data, chunkname)
    from jitvm.front.undump import undump

    return undump(data, chunkname)
