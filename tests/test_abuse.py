"""Bad input and rough treatment: a Lua error and exit code 1, never a Python traceback, never a hang.

Scripts of random bytes, truncated scripts, hostile nesting; files that are missing, folders or unreadable;
an interrupt in an endless loop; a damaged cache; machine code that does not fit its limit.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import available, corpus, modes, oracle, process

PROMPTLY = 0.2
#: Interpreter shutdown and a loaded machine come on top of the promised time.
GRACE = 0.5
#: luajit calls itself what it was called.
PROGRAM = re.compile(r"^(usage: )?(\S*/)?(luajit|jitvm)\b")


def same_message(folder: Path, *args: str) -> None:
    """jitvm ends as luajit does, with the same first line of the same message."""
    ours, theirs = process.jitvm(*args, cwd=folder), oracle.luajit(*args, cwd=folder)
    assert (ours.status, first_line(ours)) == (theirs.status, first_line(theirs)), ours.stderr


def first_line(done: process.Result) -> str:
    """The first line of the message, without the program's name in front."""
    return PROGRAM.sub(r"\1", done.stderr.split("\n")[0])


@available.needs("run")
@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_random_bytes(seed: int, tmp_path: Path, luajit: str) -> None:
    source = random.Random(seed)
    alphabet = (bytes(range(256)), b"()[]{}=,.;'\"\\\n 0x1eE+-*/^%#<>~:andorifn")[seed % 2]
    (tmp_path / "bytes.lua").write_bytes(bytes(source.choice(alphabet) for _ in range(200)))
    same_message(tmp_path, "-joff", "bytes.lua")


@available.needs("run")
@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_truncated_scripts(seed: int, tmp_path: Path, luajit: str) -> None:
    source = random.Random(seed)
    text = source.choice(corpus.programs()).path("lua").read_bytes()
    (tmp_path / "cut.lua").write_bytes(text[: source.randrange(len(text))] + b"(")
    same_message(tmp_path, "-joff", "cut.lua")


HOSTILE = {
    "parentheses": "x = " + "(" * 100_000,
    "tables": "x = " + "{" * 100_000,
    "functions": "f = " + "function() return " * 10_000,
    "blocks": "do " * 100_000,
    "unary": "x = " + "-" * 100_000 + "1",
    "power": "x = " + "2^" * 100_000 + "1",
    "concat": "x = " + "'a'.." * 100_000 + "'b'",
    "fields": "x" + ".x" * 100_000 + "()",
    "calls": "x" + "()" * 100_000,
    "long string": "x = [[" + "a" * 1_000_000,
    "comment": "--[==[" + "a" * 1_000_000,
    "locals": "local " + ", ".join(f"v{i}" for i in range(300)),
    "elseif": "if x then " + "elseif x then " * 20_000 + "end",
}


@available.needs("run")
@pytest.mark.oracle
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_nesting(kind: str, tmp_path: Path, luajit: str) -> None:
    (tmp_path / "hostile.lua").write_text(HOSTILE[kind])
    same_message(tmp_path, "-joff", "hostile.lua")


@available.needs("run")
@pytest.mark.oracle
def test_files_that_cannot_be_read(tmp_path: Path, luajit: str) -> None:
    (tmp_path / "folder.lua").mkdir()
    same_message(tmp_path, "missing.lua")
    same_message(tmp_path, "folder.lua")
    unreadable = tmp_path / "unreadable.lua"
    unreadable.write_text("print(1)")
    unreadable.chmod(0)
    if not os.access(unreadable, os.R_OK):  # root reads anything
        same_message(tmp_path, "unreadable.lua")


@available.needs("run")
@pytest.mark.oracle
@pytest.mark.parametrize(
    "code", ["error('x')", "error({})", "error()", "local x = nil + 1", "x.y()", "error('m', 0)"]
)
def test_uncaught_errors(code: str, tmp_path: Path, luajit: str) -> None:
    same_message(tmp_path, "-e", code)


@available.needs("run")
@pytest.mark.oracle
@pytest.mark.parametrize("option", ["-Ofoo", "-Ohotloop", "-jfoo", "-Z"])
def test_options_that_do_not_exist(option: str, tmp_path: Path, luajit: str) -> None:
    same_message(tmp_path, option, "-e", "")


@available.needs("run")
@pytest.mark.parametrize("way", [modes.INTERP, modes.DEFAULT], ids=lambda way: way.name)
@pytest.mark.parametrize(
    "loop", ["while true do end", "local i = 0 repeat i = i + 1 until i < 0", "::a:: goto a"]
)
def test_interrupt(loop: str, way: modes.Mode) -> None:
    if way != modes.INTERP and "record" not in available.present():
        pytest.skip("jitvm records no traces yet")
    command = [sys.executable, "-m", "jitvm", *way.flags, "-e", loop]
    with subprocess.Popen(
        command, cwd=process.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        time.sleep(1.5)
        assert running.poll() is None, running.stderr.read() if running.stderr else ""
        asked = time.monotonic()
        running.send_signal(signal.SIGINT)
        try:
            _, errors = running.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            running.kill()
            pytest.fail("goes on after an interrupt")
        assert time.monotonic() - asked < PROMPTLY + GRACE
        assert running.returncode != 0
        assert "Traceback (most recent call last)" not in errors


@available.needs("run")
def test_damaged_cache_is_rebuilt(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    assert process.jitvm("-joff", "-e", "print(6*7)", environment=environment).stdout == "42\n"
    cached = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert cached, "nothing was cached"
    for damage in (lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"\xcc" * len(data)):
        for path in cached:
            path.write_bytes(damage(path.read_bytes()))
        assert process.jitvm("-joff", "-e", "print(6*7)", environment=environment).stdout == "42\n"


@available.needs("record")
def test_full_machine_code_area_is_flushed(tmp_path: Path) -> None:
    """Hundreds of loops in 64 kB of machine code: traces are flushed, the results stay right."""
    loops = "\n".join(
        f"for i = 1, 100 do x = x + i * {k} % 7 + math.floor(i / {k}) end" for k in range(1, 400)
    )
    (tmp_path / "many.lua").write_text(f"local x = 0\n{loops}\nprint(x)\n")
    limits = ("-Ohotloop=2", "-Osizemcode=32", "-Omaxmcode=64")
    wanted = process.jitvm("-joff", "many.lua", cwd=tmp_path)
    said = process.jitvm(*limits, "many.lua", cwd=tmp_path)
    assert (said.stdout, said.status) == (wanted.stdout, 0), said.stderr


@available.needs("record")
@pytest.mark.parametrize("name", ["seed2", "side_chain", "unstable_loop", "concat_loop"])
def test_listings_do_not_depend_on_pythons_hashes(name: str) -> None:
    file = corpus.TRACES / name / f"{name}.lua"
    said = {
        process.jitvm("-jdump=tbismx", str(file), environment={"PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1
