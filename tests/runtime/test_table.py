"""Tables against a dict, and their lengths and traversal order against the luajit binary."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ir.layout import Ptr
from ir.objects import TValue
from jitvm.runtime import table, value
from jitvm.runtime.heap import Heap

KEYS = st.one_of(
    st.integers(-3, 40),
    st.sampled_from([0.5, -0.0, 1e15, 2.0**31, -(2.0**31), float("inf"), 2**53]),
    st.sampled_from([b"", b"a", b"len", b"x" * 40]),
    st.booleans(),
)
STEPS = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 9))), max_size=60)


class Slots:
    """Lua values to and from slots."""

    def __init__(self, heap: Heap) -> None:
        self.heap = heap
        self.key, self.out = Ptr(TValue, heap.aux(8)), Ptr(TValue, heap.aux(16))

    def put(self, tv: Ptr, item: Any) -> Ptr:
        match item:
            case None:
                value.set_nil(tv)
            case bool():
                value.set_bool(tv, item)
            case bytes():
                value.set_str(tv, self.heap.string(item))
            case _:
                value.set_number(tv, float(item))
        return tv

    def get(self, tv: Ptr) -> Any:
        if value.is_number(tv):
            return tv.num
        if value.is_str(tv):
            return self.heap.text(value.str_of(tv))
        return {value.NIL: None, value.TRUE: True, value.FALSE: False}[tv.bits]

    def store(self, t: Ptr, key: Any, item: Any) -> None:
        slot = table.tab_set(self.heap.g, t, self.put(self.key, key))
        assert slot != None  # noqa: E711
        self.put(slot, item)

    def load(self, t: Ptr, key: Any) -> Any:
        return self.get(table.tab_get(self.heap.g, t, self.put(self.key, key)))

    def pairs(self, t: Ptr) -> list[tuple[Any, Any]]:
        found = []
        self.put(self.out, None)
        while True:
            status = table.tab_next(t, self.out, self.out)
            assert status >= 0
            if status == 0:
                return found
            found.append((self.get(self.out), self.get(self.out + 1)))


def identity(key: Any) -> Any:
    """Lua's equality of keys, for a dict: true is not 1."""
    return (type(key) is bool, type(key) is bytes, key)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.integers(0, 20), st.integers(0, 3))
def test_a_table_behaves_as_a_dict(heap: Heap, steps: list, asize: int, hbits: int) -> None:
    slots, model = Slots(heap), {}
    t = heap.table(asize, hbits)
    for key, item in steps:
        slots.store(t, key, item)
        model[identity(key)] = (key, item)
    for key, item in model.values():
        assert slots.load(t, key) == item
    alive = {name: item for name, (_, item) in model.items() if item is not None}
    assert {identity(key): item for key, item in slots.pairs(t)} == alive
    length = table.tab_len(heap.g, t)
    assert length == 0 or model.get(identity(float(length)), (0, None))[1] is not None
    assert model.get(identity(float(length + 1)), (0, None))[1] is None


def test_a_copy_has_the_same_entries_in_the_same_order(heap: Heap) -> None:
    slots = Slots(heap)
    for asize, hbits in ((0, 0), (5, 0), (0, 2), (30, 4)):
        t = heap.table(asize, hbits)
        for n in range(1, asize):
            slots.store(t, n, n)
        for n in range(hbits * 2):
            slots.store(t, b"key%d" % n, n)
        twin = table.tab_dup(heap.g, t)
        assert slots.pairs(twin) == slots.pairs(t)
        slots.store(twin, b"more", 1)
        assert slots.load(t, b"more") is None


@pytest.mark.parametrize("key,kind", [(None, table.KEY_NIL), (float("nan"), table.KEY_NAN)])
def test_keys_that_cannot_be(heap: Heap, key: Any, kind: int) -> None:
    slots = Slots(heap)
    t = heap.table(0, 0)
    assert slots.load(t, key) is None
    assert table.tab_set(heap.g, t, slots.put(slots.key, key)) == None  # noqa: E711
    assert heap.g.errkind == kind


def test_too_large(heap: Heap) -> None:
    assert table.tab_new(heap.g, (1 << 27) + 2, 0) == None  # noqa: E711
    assert heap.g.errkind == table.TABLE_OVERFLOW


def test_clearing_keeps_sizes(heap: Heap) -> None:
    slots = Slots(heap)
    t = heap.table(4, 2)
    for key in (1, 2, b"a", b"b"):
        slots.store(t, key, 1)
    table.tab_clear(t)
    assert slots.pairs(t) == [] and (t.asize, t.hmask) == (4, 3)


def script_of(seed: int) -> list[tuple[float, bool]]:
    """A random history of integer keys set and cleared."""
    rng = random.Random(seed)
    steps = []
    for _ in range(rng.randint(1, 80)):
        span = rng.choice((4, 10, 40, 1000))
        steps.append((rng.randint(-2, span), rng.random() < 0.8))
    return steps


@pytest.mark.oracle
def test_lengths_and_order_are_luajits(heap: Heap, luajit_lines: Any) -> None:
    slots = Slots(heap)
    program, ours = [], []
    for seed in range(60):
        t = heap.table(0, 0)
        program.append("do local t = {}")
        for key, is_set in script_of(seed):
            slots.store(t, key, 1 if is_set else None)
            ours.append(str(table.tab_len(heap.g, t)))
            program.append(f"t[{key}] = {'1' if is_set else 'nil'} print(#t)")
        program.append("local o = {} for k in pairs(t) do o[#o + 1] = k end print(table.concat(o, ' ')) end")
        ours.append(" ".join(f"{key:.14g}" for key, _ in slots.pairs(t)))
    assert ours == luajit_lines("\n".join(program))
