"""What commands are given, as logs: a script to run now, JSON, a listing, or a script for the real LuaJIT.

    load("loop.lua", how)             runs it here
    load("run.json", how)             what `jittrace record` wrote
    load("listing.txt", how)          the text of -jdump or -jv
    load("luajit:loop.lua", how)      runs luajit, its dumper kept out of its own way

Scripts run in a process of their own, whose output is thrown away: a script that prints, fails or ends the
process does nothing to the command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from jitvm.model.errors import MalformedLog
from jitvm.model.jsonform import from_json, looks_like_json
from jitvm.model.objects import Log, Producer
from jitvm.model.reader import read_listing

LUAJIT = "luajit:"
QUIET_DUMP = Path(__file__).with_name("quiet_dump.lua")
#: All that luajit tells of finished traces.
LETTERS = "tbisrmT"


class BadInput(Exception):
    """An input that cannot be had; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Running:
    """How scripts are run."""

    #: As after -O.
    options: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    seed: int | None = None
    count_exits: bool = False
    keep_passes: bool = False
    keep_aborted: bool = False
    seconds: float = 600.0


def is_script(spec: str) -> bool:
    return spec.startswith(LUAJIT) or spec.endswith(".lua")


def load(spec: str, running: Running) -> Log:
    """Raises BadInput."""
    if spec.startswith(LUAJIT):
        return run_luajit(spec[len(LUAJIT) :], running)
    if spec.endswith(".lua"):
        return run_here(spec, running)
    try:
        data = sys.stdin.buffer.read() if spec == "-" else Path(spec).read_bytes()
    except OSError as error:
        raise BadInput(f"{spec}: {error.strerror}") from None
    return parse(data, spec)


def parse(data: bytes, name: str) -> Log:
    """JSON or a listing."""
    try:
        text = data.decode("utf-8", "surrogateescape")
        return from_json(text) if looks_like_json(text) else read_listing(text)
    except MalformedLog as error:
        raise BadInput(f"{name}: {error}") from None


def run_here(script: str, running: Running) -> Log:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.json"
        command = [sys.executable, "-m", "jitvm.jittrace", "record", "--output", str(file)]
        command += [f"-O{option}" for option in running.options]
        if running.seed is not None:
            command += ["--seed", str(running.seed)]
        command += ["--exits" if running.count_exits else "--no-exits"]
        command += ["--passes"] if running.keep_passes else []
        _run([*command, "--", script, *running.arguments], file, script, running)
        return parse(file.read_bytes(), script)


def run_luajit(script: str, running: Running) -> Log:
    program = shutil.which(os.environ.get("LUAJIT", "luajit"))
    if program is None:
        raise BadInput("luajit is not installed, or LUAJIT does not say where")
    if not Path(script).is_file():
        raise BadInput(f"{script}: No such file or directory")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "listing"
        letters = LETTERS + ("x" if running.count_exits else "")
        options = [f"-O{option}" for option in running.options]
        quiet = [str(QUIET_DUMP), letters, str(file), script]
        _run([program, *options, *quiet, *running.arguments], file, script, running)
        log = parse(file.read_bytes(), script)
    return replace(log, producer=Producer("luajit", "", tuple(options), script))


def _run(command: list[str], made: Path, script: str, running: Running) -> None:
    """Raises BadInput if `made` was not made; the errors of the script are passed on."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=running.seconds,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise BadInput(f"{script}: did not end within {running.seconds:g} seconds") from None
    said = done.stderr.decode("utf-8", "backslashreplace").strip()
    if not made.exists():
        raise BadInput(said or f"{script}: ended with status {done.returncode}, and no traces were told of")
    if said:
        sys.stderr.write(said + "\n")
