"""The generator of random programs: valid, deterministic, mostly decided; and the shrinker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import oracle
from tests.support.programs import Program, generate
from tests.support.shrink import shrink

SEEDS = range(40)


def test_a_seed_is_a_program() -> None:
    assert generate(7).text() == generate(7).text()
    assert generate(7).text() != generate(8).text()


@pytest.mark.oracle
def test_programs_run_to_their_end(tmp_path: Path, luajit: str) -> None:
    for seed in SEEDS:
        (tmp_path / "program.lua").write_text(generate(seed).text())
        done = oracle.fresh("-joff", "program.lua", cwd=tmp_path, limit=10)
        assert (done.status, done.stderr) == (0, ""), f"seed {seed}: {done.stderr}"


def test_shrinking_keeps_what_matters() -> None:
    def failing(program: Program) -> bool:
        return "r1.z = " in "\n".join(program.main.lines(""))

    program = next(program for program in map(generate, SEEDS) if failing(program))
    before = len(program.text())
    small = shrink(program, failing)
    assert failing(small) and len(small.text()) < before
    assert [line for line in small.main.lines("") if "r1.z = " not in line] == []
