"""Programs that once failed, in every mode; and fresh ones on fixed seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import unified
from tests.fuzz import run as fuzz
from tests.support import corpus
from tests.support.modes import Mode

CASES = [corpus.Script(fuzz.REGRESS, path.stem) for path in sorted(fuzz.REGRESS.glob("*.lua"))]
FIRST_SEEDS = range(1, 121, 30)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_once_failed(case: corpus.Script, mode: Mode) -> None:
    wanted, said = case.stored("out"), corpus.our_output(case, mode)
    assert said == wanted, unified(case.path("out"), wanted, said)


@pytest.mark.oracle
@pytest.mark.parametrize("first", FIRST_SEEDS)
def test_random_programs(first: int, tmp_path: Path, luajit: str) -> None:
    candidates = fuzz.MODES
    search = fuzz.Search(tmp_path, candidates, shrink_seconds=0, regress=tmp_path / "regress")
    search.batch(range(first, first + 30))
    assert search.decided > 20
    assert search.failures == [], f"python3 -m tests.fuzz.run --seed {first} --count 30"
