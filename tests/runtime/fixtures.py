"""Fixtures of tests that work on a heap: one per module, native functions simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ir.layout import ACCESS
from jitvm.runtime.heap import Heap
from tests.runtime.compiled import callback, compiled
from tests.runtime.conversions import Conversions
from tests.support import oracle


@pytest.fixture(scope="module", params=["simulated", "compiled"])
def heap(request: pytest.FixtureRequest) -> Iterator[Heap]:
    """Native functions are run by CPython, then as machine code."""
    before = ACCESS.memory
    with ExitStack() as stack:
        if request.param == "compiled":
            stack.enter_context(compiled())
        heap = Heap()
        conversions = Conversions(heap)
        kept, address = callback(conversions)
        heap.g.upcall = address
        heap.memory.name(address, conversions)
        yield heap
        heap.close()
    ACCESS.memory = before


@pytest.fixture
def luajit_lines(tmp_path: Path) -> Callable[[str], list[str]]:
    """What luajit prints for a program, by line."""

    def lines(program: str) -> list[str]:
        script = tmp_path / "script.lua"
        script.write_text(program)
        answer = oracle.fresh(str(script))
        assert answer.status == 0, answer.stderr
        return answer.stdout.splitlines()

    return lines
