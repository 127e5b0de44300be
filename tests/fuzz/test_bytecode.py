"""Bytecode of random programs: luajit's, instruction for instruction."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import corpus, oracle
from tests.support.programs import generate

SEEDS = range(60)


@pytest.mark.oracle
def test_bytecode_of_random_programs(tmp_path: Path, luajit: str) -> None:
    for seed in SEEDS:
        script = corpus.Script(tmp_path, "program")
        script.store("lua", generate(seed).text())
        wanted = corpus.bytecode(oracle.fresh, script)
        assert corpus.our_bytecode(script) == wanted, (
            f"seed {seed}: python3 -m tests.fuzz.run --seed {seed} --print"
        )
