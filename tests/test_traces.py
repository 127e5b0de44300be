"""The corpus: bytecode, output in all modes and trace listings are luajit's.

What is stored beside each script (tests/support/corpus.py) came from luajit; a script that
traces/DEVIATIONS.md lists is compared with our own stored listing instead, and must really deviate.
"""

from __future__ import annotations

import pytest

from tests.conftest import Golden, unified
from tests.support import corpus
from tests.support.modes import Mode

SCRIPTS = corpus.scripts()
DEVIATING = corpus.deviating()
LIVE_TRIES = 4
FLAGS = (
    ("-O0",),
    ("-O1",),
    ("-O2",),
    ("-O-loop",),
    ("-O-fwd", "-O-dse"),
    ("-O-cse",),
    ("-O-narrow",),
    ("-O-sink",),
)
LONGER_LOOPS = corpus.longer_loops()

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)


@each_script
def test_bytecode(script: corpus.Script) -> None:
    _same(script, "bc", corpus.our_bytecode(script))


@each_script
def test_output(script: corpus.Script, mode: Mode) -> None:
    _same(script, "out", corpus.our_output(script, mode))


@each_script
def test_listing(script: corpus.Script) -> None:
    ours, theirs = corpus.dump(script), script.stored("dump")
    if script.name in DEVIATING:
        assert ours != theirs, f"{script.name} no longer deviates: remove its entry in DEVIATIONS.md"
        return
    shape, wanted = corpus.shape(ours), corpus.shape(theirs)
    assert shape == wanted, f"another trace tree: {unified(script.path('dump'), wanted, shape)}"
    _same(script, "dump", ours)


@each_script
def test_own_listing(script: corpus.Script, golden: Golden) -> None:
    """Our complete listing, machine code included, changes only with `make golden`."""
    golden(script.path("jitvm"), corpus.own_listing(script))


@each_script
@pytest.mark.oracle
@pytest.mark.slow
@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_listing_under_flags(script: corpus.Script, flags: tuple[str, ...], luajit: str) -> None:
    if script.name in DEVIATING:
        pytest.skip("deviates under the default flags already")
    ours = corpus.dump(script, *flags)
    said = ""
    for _ in range(LIVE_TRIES):
        said = corpus.oracle_dump(script, *flags)
        if said == ours:
            return
    pytest.fail(unified(script.path("dump"), said, ours), pytrace=False)


@each_script
def test_loops_are_no_longer_than_luajits(script: corpus.Script) -> None:
    ours, theirs = corpus.loops(corpus.dump(script, letters="mT")), corpus.stored_loops(script)
    longer = {
        trace: (length, theirs[trace]) for trace, length in ours.items() if length > theirs.get(trace, length)
    }
    if script.name in LONGER_LOOPS:
        assert longer, f"{script.name} has no longer loop any more: remove its entry in DEVIATIONS.md"
        return
    assert not longer, f"instructions per loop, ours and luajit's: {longer}"


@each_script
@pytest.mark.oracle
@pytest.mark.parametrize("kind", corpus.ORACLE_KINDS)
def test_stored_is_what_luajit_says(script: corpus.Script, kind: str, luajit: str) -> None:
    """luajit's penalties are random: it may say another thing once, but not always."""
    stored = script.stored(kind)
    said = ""
    for _ in range(LIVE_TRIES):
        said = corpus.ORACLE_KINDS[kind](script)
        if said == stored:
            return
    pytest.fail(unified(script.path(kind), stored, said), pytrace=False)


def test_deviations_are_of_the_corpus() -> None:
    assert set(DEVIATING) | set(LONGER_LOOPS) <= {script.name for script in SCRIPTS}


def _same(script: corpus.Script, kind: str, actual: str) -> None:
    stored = script.stored(kind)
    if actual != stored:
        pytest.fail(unified(script.path(kind), stored, actual), pytrace=False)
