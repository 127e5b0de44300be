"""Collections: what is reachable survives unchanged, what is not becomes free memory."""

from __future__ import annotations

import itertools
import random

import pytest

from ir.layout import Ptr
from ir.objects import GCfunc, GCstr, TValue
from jitvm.runtime import alloc, func, gc, table, value
from jitvm.runtime.heap import Heap


@pytest.fixture
def slot(heap: Heap) -> Ptr:
    tv = Ptr(TValue, heap.aux(8))
    value.set_nil(tv)
    return tv


def keys_of(heap: Heap, t: Ptr) -> set[bytes]:
    out = Ptr(TValue, heap.aux(16))
    value.set_nil(out)
    found = set()
    while table.tab_next(t, out, out) == 1:
        found.add(heap.text(value.str_of(out)))
    return found


def test_a_rooted_table_survives_and_the_rest_goes(heap: Heap, slot: Ptr) -> None:
    gc.gc_full(heap.g)
    before, strings = heap.g.gc_total, heap.g.strnum
    t = heap.table(0, 0)
    for n in range(40):
        value.set_str(slot, heap.string(b"key %d" % n))
        inner = heap.table(4, 1)
        value.set_tab(table.tab_set(heap.g, t, slot), inner)
    handle = heap.hold(t.addr)
    gc.gc_full(heap.g)
    assert keys_of(heap, t) == {b"key %d" % n for n in range(40)}
    assert heap.g.strnum == strings + 40
    heap.release(handle)
    gc.gc_full(heap.g)
    assert heap.g.gc_total == before and heap.g.strnum == strings


def test_memory_is_used_again(heap: Heap) -> None:
    for _ in range(3):
        for _ in range(200):
            heap.table(9, 3)
        gc.gc_full(heap.g)
    top = heap.g.heap_top
    for _ in range(200):
        heap.table(9, 3)
    assert heap.g.heap_top <= top + 4 * alloc.BLOCK_SIZE
    gc.gc_full(heap.g)


def test_large_objects_come_and_go(heap: Heap) -> None:
    gc.gc_full(heap.g)
    start = heap.g.heap_top
    kept = heap.table(10000, 0)
    handle = heap.hold(kept.addr)
    lost = heap.table(20000, 0)
    assert lost.array.addr & 0xFFFF == 0
    gc.gc_full(heap.g)
    assert heap.g.gc_total >= 80000
    heap.release(handle)
    gc.gc_full(heap.g)
    assert heap.g.heap_top <= start
    again = heap.table(10000, 0)
    assert again.array.addr <= kept.array.addr


def test_the_same_text_after_its_string_died_is_a_new_string(heap: Heap) -> None:
    heap.string(b"short-lived")
    gc.gc_full(heap.g)
    s = heap.string(b"short-lived")
    assert heap.text(s) == b"short-lived" and heap.string(b"short-lived") == s


def test_the_stack_is_a_root_up_to_top_and_cleared_above(heap: Heap) -> None:
    L = heap.g.main
    value.set_str(L.top, heap.string(b"on the stack"))
    value.set_str(L.top + 1, heap.string(b"beyond"))
    L.top = L.top + 1
    gc.gc_full(heap.g)
    assert heap.text(value.str_of(L.top - 1)) == b"on the stack"
    assert value.is_nil(L.top)
    L.top = L.top - 1


def test_closures_keep_upvalues_open_and_closed(heap: Heap) -> None:
    g, L = heap.g, heap.g.main
    value.set_str(L.top, heap.string(b"captured"))
    uv = func.upvalue_find(g, L, L.top)
    assert func.upvalue_find(g, L, L.top) == uv
    fn = func.func_new_builtin(g, 1, 0, g.tmpbuf, 1)
    value.set_func(Ptr(TValue, g.ref("errval").addr), fn)
    func.func_close(g, L, L.top)
    value.set_nil(L.top)
    handle = heap.hold(uv.addr)
    gc.gc_full(g)
    assert uv.v == uv.tv and heap.text(value.str_of(uv.v)) == b"captured"
    assert Ptr(GCfunc, fn.addr).nupvalues == 1
    heap.release(handle)
    value.set_nil(g.errval)


def test_explicit_free_before_and_behind_the_cursor(heap: Heap) -> None:
    g = heap.g
    rng = random.Random(7)
    live: dict[int, int] = {}
    for _ in range(400):
        if live and rng.random() < 0.45:
            p, size = live.popitem()
            alloc.mem_free(g, p, size)
            continue
        size = rng.choice((8, 40, 520, 1040, 1041, 3000, 20000, 70000))
        p = alloc.mem_alloc(g, size)
        assert p % 16 == 0 and p not in live
        live[p] = size
    spans = sorted((p, p + size) for p, size in live.items())
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    for p, size in live.items():
        alloc.mem_free(g, p, size)
    gc.gc_full(g)


def test_stress_mode_collects_after_every_allocation(heap: Heap) -> None:
    g = heap.g
    g.gc_stress = 1
    gc.gc_set_threshold(g)
    before = g.gc_cycles
    gc.gc_check(g)
    assert g.gc_cycles == before, "nothing was allocated"
    for _ in range(2):
        heap.table(0, 0)
        gc.gc_check(g)
    assert g.gc_cycles == before + 2
    g.gc_stress = 0
    gc.gc_set_threshold(g)
    heap.table(0, 0)
    gc.gc_check(g)
    assert g.gc_cycles == before + 2


def test_string_header(heap: Heap) -> None:
    s = heap.string(b"abc\0def")
    assert Ptr(GCstr, s.addr).len == 7 and heap.text(s) == b"abc\0def"


@pytest.mark.parametrize("letters,left", [(b"k", 2), (b"v", 2), (b"kv", 1), (b"x", 3)])
def test_weak_tables_lose_what_died(heap: Heap, slot: Ptr, letters: bytes, left: int) -> None:
    """Entries: dead table -> string, string -> dead table, string -> string."""
    g = heap.g
    t, mt = heap.table(0, 2), heap.table(0, 1)
    kept = heap.hold(t.addr)
    value.set_str(slot, heap.string(b"__mode"))
    value.set_str(table.tab_set(g, mt, slot), heap.string(letters))
    t.metatable = mt
    value.set_tab(slot, heap.table(0, 0))
    value.set_str(table.tab_set(g, t, slot), heap.string(b"a string"))
    value.set_str(slot, heap.string(b"key"))
    value.set_tab(table.tab_set(g, t, slot), heap.table(0, 0))
    value.set_str(slot, heap.string(b"other"))
    value.set_str(table.tab_set(g, t, slot), heap.string(b"a string"))
    value.set_nil(slot)
    gc.gc_full(g)
    out = Ptr(TValue, heap.aux(16))
    value.set_nil(out)
    count = 0
    while table.tab_next(t, out, out) == 1:
        count += 1
    assert count == left
    heap.release(kept)


def test_stopped_collector_waits_whatever_the_threshold(heap: Heap) -> None:
    """A recording stops the collector without touching the threshold: its constants are not rooted yet."""
    g = heap.g
    before = g.gc_cycles
    g.gc_stopped, g.gc_threshold = 1, 0
    gc.gc_check(g)
    assert g.gc_cycles == before
    g.gc_stopped = 0
    gc.gc_check(g)
    assert g.gc_cycles == before and g.gc_state != alloc.PAUSE, "a step"
    gc.gc_full(g)
