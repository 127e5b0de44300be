"""`-b`: bytecode listings.  `-bl FILE`, `-bl -e CODE`; saving bytecode is not offered."""

from __future__ import annotations

import os
import sys

from jitvm.front.errors import LuaError

USAGE = b"""Save LuaJIT bytecode: luajit -b[options] input output
  -l        Only list bytecode.
  -s        Strip debug info (default).
  -g        Keep debug info.
  -n name   Set module name (default: auto-detect from input name).
  -t type   Set output file type (default: auto-detect from output name).
  -a arch   Override architecture for object files (default: native).
  -o os     Override OS for object files (default: native).
  -e chunk  Use chunk string as input.
  --        Stop handling options.
  -         Use stdin as input and/or stdout as output.

File types: c h obj o raw (default)
"""


def bytecode_command(words: list[bytes]) -> int:
    """Carries out `-b` with what follows it; the exit status."""
    lists, chunk, files = False, None, []
    at = 0
    while at < len(words):
        word = words[at]
        if not word.startswith(b"-") or word == b"-":
            files.append(word)
        elif word == b"--":
            files += words[at + 1 :]
            break
        else:
            for letter in word[1:].decode("latin-1"):
                if letter == "l":
                    lists = True
                elif letter == "e" and at + 1 < len(words):
                    at += 1
                    chunk = words[at]
                elif letter not in "sgW":
                    return _usage()
        at += 1
    if not lists or len(files) + (chunk is not None) not in (1, 2):
        return _usage()
    return _list(chunk, files[0] if chunk is None else None, files[(chunk is None) :])


def _usage() -> int:
    os.write(2, USAGE)
    return 1


def _list(chunk: bytes | None, name: bytes | None, output: list[bytes]) -> int:
    from jitvm.front.listing import list_bytes
    from jitvm.front.parser import compile_chunk
    from jitvm.runtime.files import read_chunk

    try:
        if chunk is not None:
            source, chunkname = chunk, chunk
        else:
            source, chunkname = read_chunk(None if name == b"-" else name)
        listing = list_bytes(compile_chunk(source, chunkname))
    except LuaError as error:
        os.write(2, b"jitvm: " + error.message + b"\n")
        return 1
    if output and output[0] != b"-":
        with open(output[0], "wb") as file:
            file.write(listing)
    else:
        sys.stdout.buffer.write(listing)
        sys.stdout.flush()
    return 0
