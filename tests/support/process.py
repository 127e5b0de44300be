"""Running jitvm or an oracle as a process, with what it printed kept as bytes-safe text.

Every program under test is run in the folder of its script, by its bare file name: error messages
and listings carry that name, so that both sides print the same whatever the checkout is called.

    >>> jitvm("-joff", "fib.lua", cwd=folder).stdout
    '55\\n'

Text is latin-1: each byte is one character, nothing is ever undecodable.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 120.0
TIMED_OUT = -1


@dataclass(frozen=True, slots=True)
class Result:
    """What a process printed and how it ended; status TIMED_OUT when it had to be stopped."""

    stdout: str
    stderr: str
    status: int


def run(
    command: list[str], cwd: Path = ROOT, environment: dict[str, str] | None = None, limit: float = TIME_LIMIT
) -> Result:
    """Runs COMMAND without standard input, with ENVIRONMENT on top of ours."""
    merged = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=merged,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as stopped:
        return Result(_text(stopped.stdout), _text(stopped.stderr), TIMED_OUT)
    return Result(_text(done.stdout), _text(done.stderr), done.returncode)


def jitvm(
    *args: str, cwd: Path = ROOT, environment: dict[str, str] | None = None, limit: float = TIME_LIMIT
) -> Result:
    """Runs this checkout's jitvm, whichever jitvm may be installed."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    merged = {"PYTHONPATH": path, **(environment or {})}
    return run([sys.executable, "-m", "jitvm", *args], cwd, merged, limit)


def _text(output: bytes | None) -> str:
    return (output or b"").decode("latin-1")
