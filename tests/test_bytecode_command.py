"""`-b` in all its forms: the files, the listings and the complaints are luajit's, byte for byte."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from jitvm.bytecode_command import bytecode_command
from tests.support import oracle

SOURCE = """local t = {1, 2, x = "y"}
local function f(a, ...) return a + 1.5, ... end
for i = 1, 10 do print(f(i, t)) end
"""
#: What follows -b; OUT is the output file.
FORMS = [
    "x.lua OUT.raw", "-g x.lua OUT.raw", "-s -- x.lua OUT.raw", "x.lua OUT.c", "x.lua OUT.h", "x.lua OUT.o",
    "x.lua OUT.obj", "-t obj x.lua OUT.x", "-t c x.lua -", "-n foo.bar-baz -t h x.lua -",
    "-gn foo x.lua OUT.c", "a-b.c.lua OUT.c", "-e return(1) OUT.raw", "-g -e return(1) OUT.raw",
    "-e return(1) OUT.c", "-n x -e return(1) OUT.c", "-l x.lua", "-l x.lua OUT.txt", "-l -e return(1)",
    "-l x.raw", "-g x.raw OUT.raw", "-a x86 x.lua OUT.o", "-a arm64be x.lua OUT.o", "-a mips x.lua OUT.o",
    "-a MIPS64el x.lua OUT.o", "-a ppc -o freebsd x.lua OUT.o", "-o windows x.lua OUT.o",
    "-o windows -a x86 x.lua OUT.o", "-o osx x.lua OUT.o", "-o osx -a x86 x.lua OUT.o",
    "-o osx -a arm x.lua OUT.o", "-o osx -a ppc x.lua OUT.o",
    # Mistakes.
    "", "x.lua", "x.lua a b", "-l", "-z x.lua OUT.o", "-n", "-e", "-e x+ OUT.raw", "bad.lua OUT.raw",
    "none.lua OUT.raw", "x.lua none/OUT", "-t foo x.lua OUT.o", "-a foo x.lua OUT.o", "-o foo x.lua OUT.o",
    "-n / x.lua OUT.o", "-ng foo x.lua OUT.c", "... OUT.c",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("x.lua", "a-b.c.lua"):
        (tmp_path / name).write_text(SOURCE)
    (tmp_path / "...").write_text(SOURCE)
    (tmp_path / "bad.lua").write_text("local = 1")
    bytecode_command([b"-g", b"x.lua", b"x.raw"])
    return tmp_path


def outputs(folder: Path) -> list[bytes]:
    """What the output files hold, which are removed."""
    files = sorted(folder.glob("OUT*"))
    contents = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    return contents


@pytest.mark.oracle
@pytest.mark.parametrize("form", FORMS)
def test_as_luajit(form: str, folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    words = form.split()
    status = bytecode_command([os.fsencode(word) for word in words])
    said = capfdbinary.readouterr()
    ours = status, said.out.decode("latin-1"), said.err.decode("latin-1"), outputs(folder)
    answer = oracle.fresh("-b", *words, cwd=folder)
    complaint = answer.stderr.replace("luajit: ", "jitvm: ", 1)
    assert ours == (answer.status, answer.stdout, complaint, outputs(folder))


def test_thin_arm64_object(folder: Path) -> None:
    """luajit writes 32-bit structures under a 64-bit header here: ours is one that tools can read."""
    assert bytecode_command(b"-o osx -a arm64 x.lua OUT.o".split()) == 0
    (data,) = outputs(folder)
    magic, cpu, _, kind, commands, size, _ = struct.unpack_from("<7I", data)
    assert (hex(magic), hex(cpu), kind, commands, size) == ("0xfeedfacf", "0x100000c", 1, 2, 72 + 80 + 24)
    (at,) = struct.unpack_from("<I", data, 32 + 72 + 48)
    assert data[at : at + 3] == b"\x1bLJ"
