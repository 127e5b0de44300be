"""Random programs give the same result and leave the same memory in every engine."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .engines import from_source, run
from .programs import ARGUMENTS, programs

IMAGE = bytes(range(64)) + bytes.fromhex("000000000000f03f000000000000f87f0000000000000080") * 4


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), st.lists(ARGUMENTS, min_size=1, max_size=3), st.integers(0, 9))
def test_engines_agree(source: str, arguments: list[tuple[Any, ...]], seed: int) -> None:
    program = from_source(source)["program"]
    for values in arguments:
        run(program, 0, *values, image=IMAGE, random=Random(seed) if seed else None)
