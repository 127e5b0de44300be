"""Interned strings: one object per content, ordered by unsigned bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jitvm.runtime import string
from jitvm.runtime.heap import Heap


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=12))
def test_equal_bytes_are_one_object(heap: Heap, texts: list[bytes]) -> None:
    made = {text: heap.string(text).addr for text in texts}
    assert len(set(made.values())) == len(made)
    for text in texts:
        s = heap.string(text)
        assert s.addr == made[text] and heap.text(s) == text
        assert heap.memory.read(s.addr + 24 + len(text), 1) == b"\0"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=20), st.binary(max_size=20))
def test_order(heap: Heap, a: bytes, b: bytes) -> None:
    found = string.str_cmp(heap.g, heap.string(a), heap.string(b))
    assert (found > 0) - (found < 0) == (a > b) - (a < b)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=70), st.data())
def test_one_changed_byte_is_another_string(heap: Heap, text: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
    assert heap.string(text) != heap.string(other)


def test_the_table_grows_and_still_finds_everything(heap: Heap) -> None:
    texts = [b"name%d" % n for n in range(1500)]
    made = [heap.string(text).addr for text in texts]
    assert heap.g.strmask >= 2047
    assert [heap.string(text).addr for text in texts] == made


def test_hashes_spread(heap: Heap) -> None:
    scratch = heap.g.tmpbuf
    buckets = set()
    for n in range(1000):
        text = b"key%04d" % n
        heap.memory.write(scratch.addr, text)
        buckets.add(string.str_hash(heap.g.strseed, scratch, len(text)) & 1023)
    assert len(buckets) > 580


def test_ids_count_up(heap: Heap) -> None:
    first = heap.string(b"first new one").sid
    assert heap.string(b"second new one").sid == first + 1


def test_long_strings_pass_through_memory_of_their_own(heap: Heap) -> None:
    text = bytes(range(256)) * 600
    assert heap.text(heap.string(text)) == text
