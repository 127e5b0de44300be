"""Standard output: buffered by the C library, whatever Python was told about its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.process import ROOT, jitvm


def test_unbuffered_python_does_not_slow_the_program(tmp_path: Path) -> None:
    """Nothing is written before the end: a reader of the pipe sees it all at once."""
    program = 'print("one") io.stderr:write("two\\n") print("three")'
    script = tmp_path / "three.lua"
    script.write_text(program)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "jitvm", str(script)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as running:
        written, _ = running.communicate(timeout=60)
    assert written == b"two\none\nthree\n"


def test_exit_writes_what_is_buffered(tmp_path: Path) -> None:
    """Also files that nobody closed."""
    program = 'local f = io.open("left.txt", "w") f:write("kept") print("out") os.exit(3)'
    (tmp_path / "exits.lua").write_text(program)
    done = jitvm("exits.lua", cwd=tmp_path)
    assert (done.stdout, done.status) == ("out\n", 3)
    assert (tmp_path / "left.txt").read_text() == "kept"


def test_end_writes_what_is_buffered(tmp_path: Path) -> None:
    (tmp_path / "ends.lua").write_text('local f = io.open("left.txt", "w") f:write("kept") print("out")')
    done = jitvm("ends.lua", cwd=tmp_path)
    assert (done.stdout, done.status) == ("out\n", 0)
    assert (tmp_path / "left.txt").read_text() == "kept"
