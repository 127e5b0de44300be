"""Programs that once failed, in every mode; and a few fresh ones on fixed seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import unified
from tests.fuzz import run as fuzz
from tests.support import available, corpus
from tests.support.modes import HOT, INTERP, Mode
from tests.support.programs import generate

CASES = [corpus.Script(fuzz.REGRESS, path.stem) for path in sorted(fuzz.REGRESS.glob("*.lua"))]
SEEDS = range(1, 21)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@available.needs("run")
def test_what_once_failed(case: corpus.Script, mode: Mode) -> None:
    if mode != INTERP and "record" not in available.present():
        pytest.skip("jitvm records no traces yet")
    wanted, said = case.stored("out"), corpus.our_output(case, mode)
    assert said == wanted, unified(case.path("out"), wanted, said)


@pytest.mark.oracle
@pytest.mark.parametrize("seed", SEEDS)
@available.needs("run")
def test_random_program(seed: int, tmp_path: Path, luajit: str) -> None:
    candidates = (INTERP, HOT) if "record" in available.present() else (INTERP,)
    mode = fuzz.failing_mode(generate(seed), tmp_path, candidates)
    assert mode is None, f"fails in mode {mode}: python3 -m tests.fuzz.run --seed {seed} --count 1"
