"""A short soak: a few programs of different kinds, some rounds, no growth."""

from __future__ import annotations

from tests.soak import Figures, soak
from tests.support import corpus

NAMES = {"closures", "coroutines", "errors_protected", "finalizers", "load_chunks", "sieve", "side_chain"}


def test_no_growth() -> None:
    scripts = [script for script in corpus.programs() + corpus.scripts() if script.name in NAMES]
    assert len(scripts) == len(NAMES)
    assert soak(scripts, 0.0) == []


def test_growth_is_seen() -> None:
    before = Figures(resident_kb=40_000, mappings=200, files=6, objects=40_000, lua_kb=500)
    assert before.growth(before) == []
    after = Figures(resident_kb=60_000, mappings=201, files=7, objects=40_100, lua_kb=900)
    assert before.growth(after) == [
        "resident_kb 40000 -> 60000", "files 6 -> 7", "lua_kb 500 -> 900",
    ]  # fmt: skip
