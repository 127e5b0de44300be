"""Asks luajit about many chunks at once, and ours the same: process starts would dominate otherwise."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from jitvm.front.errors import LuaSyntaxError
from jitvm.front.listing import list_bytes
from jitvm.front.parser import compile_chunk

SCRIPT = Path(__file__).with_name("batch.lua")
Case = tuple[bytes, bytes]   # chunk name, source


def ask(luajit: str, what: str, cases: list[Case]) -> list[bytes]:
    """Luajit's answers to `what` (see batch.lua); errors start with `error `."""
    frames = b"".join(b"%010d%010d%s%s" % (len(name), len(code), name, code) for name, code in cases)
    command = [luajit, str(SCRIPT), what]
    done = subprocess.run(command, input=frames, capture_output=True, check=True, timeout=120)
    answers = []
    pos = 0
    while pos < len(done.stdout):
        size = int(done.stdout[pos:pos + 10])
        answers.append(done.stdout[pos + 10:pos + 10 + size])
        pos += 10 + size
    assert len(answers) == len(cases), done.stderr
    return answers


def listing(name: bytes, source: bytes) -> bytes:
    """Our answer to "list"."""
    try:
        return list_bytes(compile_chunk(source, name))
    except LuaSyntaxError as error:
        return b"error " + error.message


def assert_same_listings(luajit: str, cases: Iterable[Case]) -> None:
    known = list(cases)
    for case, theirs in zip(known, ask(luajit, "list", known)):
        assert listing(*case) == theirs, case
