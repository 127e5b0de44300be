"""What of jitvm exists at present, said in one place.

Tests of whole programs ask here.  A capability is switched on by adding its name to PRESENT, in the
commit that brings it; from then on its absence is a failure, never a skip.  JITVM_PRESENT=front,run
overrides the list for an experiment.

    front     the parser and the bytecode listing
    run       `jitvm -joff FILE`: the interpreter and the library of tests/lua
    record    traces: every mode of the matrix, and `-jdump`
"""

from __future__ import annotations

import os

import pytest

CAPABILITIES = ("front", "run", "record")
PRESENT: tuple[str, ...] = ("front", "run", "record")


def present() -> tuple[str, ...]:
    """The capabilities that tests may count on."""
    wish = os.environ.get("JITVM_PRESENT")
    chosen = PRESENT if wish is None else tuple(filter(None, wish.split(",")))
    unknown = [name for name in chosen if name not in CAPABILITIES]
    assert not unknown, f"no such capability: {unknown}; there are {CAPABILITIES}"
    return chosen


def needs(capability: str) -> pytest.MarkDecorator:
    """Marks tests that run only once CAPABILITY exists."""
    assert capability in CAPABILITIES, capability
    return pytest.mark.skipif(capability not in present(), reason=f"jitvm has no {capability} yet")
