"""The luajit binary that decides what is right, pinned by version, its answers cached.

The pinned build is LuaJIT 2.1.0-beta3 for x64 with GC64 and single-number mode.  The tip of LuaJIT
accepts other syntax and prints other listings: any other build counts as missing.  A missing oracle
is a failure where CI is set and a skip elsewhere.

Answers are cached by a hash of the binary, the arguments and the contents of every file argument,
under the user's cache directory: an unchanged script is not run twice.  What reads the clock or
differs from run to run must ask with `fresh`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.process import ROOT, TIMED_OUT, Result, run

VERSION = "LuaJIT 2.1.0-beta3"
BUILD = "x64 gc64"
_BUILD_PROBE = 'print(jit.arch, require"ffi".abi("gc64") and "gc64" or "gc32")'


@functools.cache
def path() -> str | None:
    """The pinned binary's path, or None when there is none (or another build)."""
    found = shutil.which(os.environ.get("LUAJIT", "luajit"))
    if found is None:
        return None
    banner = run([found, "-v"])
    build = run([found, "-e", _BUILD_PROBE]).stdout.split()
    pinned = (banner.stdout + banner.stderr).startswith(VERSION) and build == BUILD.split()
    return found if pinned else None


def required() -> str:
    """The binary's path; fails in CI and skips elsewhere when it is missing."""
    found = path()
    if found is None:
        reason = f"{VERSION} ({BUILD}) is not installed: apt-get install luajit"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def fresh(*args: str, cwd: Path = ROOT, limit: float = 120.0) -> Result:
    """Runs luajit now, whatever the cache holds."""
    return run([required(), *args], cwd, limit=limit)


def luajit(*args: str, cwd: Path = ROOT, limit: float = 120.0) -> Result:
    """Runs luajit, or repeats what it said before to the same question."""
    entry = _cache_folder() / f"{_question(required(), args, cwd)}.json"
    try:
        return Result(**json.loads(entry.read_text()))
    except (OSError, ValueError, TypeError):
        answer = fresh(*args, cwd=cwd, limit=limit)
    if answer.status != TIMED_OUT:
        _store(entry, answer)
    return answer


def _question(binary: str, args: tuple[str, ...], cwd: Path) -> str:
    status = os.stat(binary)
    hasher = hashlib.sha256(f"{binary} {status.st_size} {status.st_mtime_ns}".encode())
    for arg in args:
        hasher.update(b"\0" + arg.encode("utf-8", "surrogateescape"))
        file = cwd / arg
        if not arg.startswith("-") and file.is_file():
            hasher.update(file.read_bytes())
    return hasher.hexdigest()[:40]


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "jitvm-tests" / "oracle"


def _store(entry: Path, answer: Result) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    fields = {"stdout": answer.stdout, "stderr": answer.stderr, "status": answer.status}
    # Two test processes may store the same answer: the rename makes either one whole.
    with tempfile.NamedTemporaryFile("w", dir=entry.parent, delete=False) as file:
        json.dump(fields, file)
    os.replace(file.name, entry)
