"""The collector's check of itself: it finds a store that it was not told of, and only such a one."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ir.layout import Ptr
from ir.objects import GCtab
from jitvm.options import Options
from jitvm.runtime.alloc import PAUSE
from jitvm.runtime.runtime import Runtime
from jitvm.runtime.value import POINTER, TAB_BITS

FINALIZED = b"""
finalized = 0
for i = 1, 20000 do
  getmetatable(newproxy(true)).__gc = function() finalized = finalized + 1 last = {i} end
end
"""
ALLOCATE = b"for i = 1, 5000 do local x = {i} end"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    made = Runtime(Options())
    made.call(made.load(b"t = {1, 2, 3}", b"=old"))
    yield made
    made.close()
    gc.collect()
    made.release()


def store_into_black_table(runtime: Runtime) -> int:
    """A new table goes into one that has been traversed; the address of the latter."""
    g = runtime.heap.g
    old = Ptr(GCtab, runtime.global_bits("t") & POINTER)
    while old.color != g.gc_color:
        runtime.heap.call("gc_advance", g)
    (old.array + 1).bits = runtime.heap.table(0, 0).addr | TAB_BITS
    return int(old.addr)


def test_a_store_with_a_barrier(runtime: Runtime) -> None:
    runtime.heap.collect_always(2)
    runtime.heap.barrier(store_into_black_table(runtime))
    before = runtime.heap.g.gc_cycles
    runtime.call(runtime.load(ALLOCATE, b"=x"))
    assert runtime.heap.g.gc_cycles > before
    assert runtime.call(runtime.load(b"return type(t[1])", b"=x")) == [b"table"]


def test_a_store_without_one(runtime: Runtime) -> None:
    runtime.heap.collect_always(2)
    store_into_black_table(runtime)
    with pytest.raises(AssertionError, match="changed without telling the collector"):
        runtime.call(runtime.load(ALLOCATE, b"=x"))


def test_a_cycle_takes_many_steps(runtime: Runtime) -> None:
    g = runtime.heap.g
    runtime.call(runtime.load(b"big = {} for i = 1, 20000 do big[i] = {i} end", b"=x"))
    runtime.heap.call("gc_full", g)
    steps = 0
    while steps == 0 or g.gc_state != PAUSE:
        live = int(g.gc_live) if steps else 0
        runtime.heap.call("gc_advance", g)
        steps += 1
        assert g.gc_live - live < 600_000, "a slice of a large table, besides its array"
    assert steps > 20000
    assert g.gc_total > 20000 * 64


def test_finalizers_that_allocate_do_not_hasten_it(runtime: Runtime) -> None:
    """While some wait, the others that run make garbage; a step for each would be 24,000 cycles."""
    runtime.call(runtime.load(FINALIZED, b"=x"))
    assert runtime.call(runtime.load(b"return finalized > 10000", b"=x")) == [True]
    assert runtime.heap.g.gc_cycles < 100
