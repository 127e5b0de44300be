"""Library functions called with arguments of every kind: results and messages are luajit's; nothing crashes.

`luajit library_calls.lua SEED COUNT` prints what is called with what and what comes of it; so does
system_calls.lua, of functions that have to be called with care.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import oracle, process
from tests.support.modes import Mode

SCRIPTS = ("library_calls.lua", "system_calls.lua")
FOLDER = Path(__file__).parent
SEEDS = (1, 5)
CALLS = 300


@pytest.mark.oracle
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_library_calls(script: str, seed: int, mode: Mode, luajit: str) -> None:
    arguments = (script, str(seed), str(CALLS))
    wanted = oracle.luajit("-joff", *arguments, cwd=FOLDER)
    done = process.jitvm(*mode.flags, *arguments, cwd=FOLDER, environment=dict(mode.environment))
    assert (wanted.status, done.status, done.stderr) == (0, 0, "")
    assert done.stdout.splitlines() == wanted.stdout.splitlines()
