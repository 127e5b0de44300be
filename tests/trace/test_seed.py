"""The same program and seed make the same traces; another seed may make others."""

from __future__ import annotations

from tests.support import process

FIB = process.ROOT / "tests" / "bench" / "fib.lua"


def tree(seed: str) -> str:
    done = process.jitvm("-jv", str(FIB), "32", environment={"JITVM_SEED": seed})
    assert done.status == 0
    assert "2178309" in done.stdout
    return done.stdout + done.stderr


def test_traces_repeat() -> None:
    assert tree("7") == tree("7")


def test_the_seed_matters() -> None:
    assert len({tree(seed) for seed in "0123"}) > 1
