"""gdb knows what our machine code is called."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import process
from x64.elf import DATA, TEXT, library, symbol_file

ENDLESS = "local n = 0 print('on') io.flush() while true do n = n + 1 end"
gdb = pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")


def test_library_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "small.so"
    path.write_bytes(library(b"\xc3", b"datum", {"f": (TEXT, 0), "datum": (DATA, 0), "rest": (DATA, 2)}))
    loaded = ctypes.CDLL(str(path))
    loaded["f"]()
    assert (ctypes.c_char * 5).in_dll(loaded, "datum").value == b"datum"
    assert (ctypes.c_char * 3).in_dll(loaded, "rest").value == b"tum"
    with pytest.raises(AttributeError):
        loaded["g"]


@gdb
def test_symbols_have_addresses(tmp_path: Path) -> None:
    path = tmp_path / "symbols.o"
    path.write_bytes(symbol_file([(0x70001000, 32, "first"), (0x70002000, 16, "second")]))
    said = _gdb(f"add-symbol-file {path} 0x70001000", "info symbol 0x70001004", "info symbol 0x7000200f")
    assert "first + 4 in section .text" in said
    assert "second + 15 in section .text" in said


@gdb
def test_gdb_names_traces_and_natives(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(process.ROOT), "JITVM_GDB": "1", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "jitvm", "-e", ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == b"on\n"
            time.sleep(0.5)  # Until the loop is compiled.
            said = _gdb("info symbol $pc", "info address vm_enter", pid=running.pid)
        finally:
            running.kill()
    if "ptrace" in said:
        pytest.skip("this machine lets no debugger attach")
    assert "TRACE_1" in said
    assert 'Symbol "vm_enter" is at 0x' in said


def _gdb(*commands: str, pid: int | None = None) -> str:
    words = ["gdb", "-nx", "-batch", *(["-p", str(pid)] if pid else [])]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr
