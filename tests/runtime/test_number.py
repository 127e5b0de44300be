"""Numbers to text and back, against C's formatting and luajit's reading."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ir.layout import Ptr, u8
from ir.objects import TValue
from jitvm.runtime import number, value
from jitvm.runtime.heap import Heap
from jitvm.runtime.values import format_number


def text_of(heap: Heap, x: float) -> str:
    out = Ptr(u8, heap.g.tmpbuf.addr)
    length = number.num_text(heap.g, x, out)
    assert length <= number.NUMBER_TEXT
    return heap.memory.read(out.addr, length).decode()


def expected(x: float) -> str:
    """C's text, but ties away from zero."""
    if math.isnan(x):
        return "nan"
    if math.isfinite(x) and Fraction(f"{x:.14e}") == Fraction(x) and f"{x:.14e}".partition("e")[0][-1] == "5":
        x = math.nextafter(x, math.copysign(math.inf, x))
    return f"{x:.14g}"


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.floats(),
        st.integers(-(10**17), 10**17).map(float),
        st.decimals(-1000, 1000, places=6, allow_nan=False).map(float),
        st.tuples(st.integers(0, 10**15), st.integers(-35, 20)).map(
            lambda pair: float(f"{pair[0]}e{pair[1]}")
        ),
    )
)
@example(12345678901234.5)
@example(12345678901235.5)
@example(99999999999999.5)
@example(9.99999999999995)
@example(-0.0)
@example(1e-5)
@example(0.0001)
@example(1e14)
@example(5e-324)
def test_text_is_that_of_c_but_for_ties(heap: Heap, x: float) -> None:
    assert text_of(heap, x) == expected(x)


def test_every_power_of_ten_and_its_neighbours(heap: Heap) -> None:
    for exponent in range(-320, 309):
        x = float(f"1e{exponent}")
        (word,) = struct.unpack("<q", struct.pack("<d", x))
        for near in (word - 1, word, word + 1):
            (y,) = struct.unpack("<d", struct.pack("<q", max(near, 0)))
            assert text_of(heap, y) == expected(y)


TEXTS = """0 1 -1 _12_ +5 1.5 .5 5. . _ - 1e5 1E+5 0x10 -0x1p4 0x.8 123456789012345 1234567890123456 0.1
9007199254740993 3.14159 1x x1 1_2 -_1 --1 0.30000000000000004 00012 1e 1e400 -0 1.2.3 12a __-7_""".split()


@pytest.mark.oracle
def test_reading_is_luajits(heap: Heap, luajit_lines: Callable[[str], list[str]]) -> None:
    texts = ["", *(text.replace("_", " ") for text in TEXTS), "\t7\n"]
    quoted = (text.replace("\t", "\\t").replace("\n", "\\n") for text in texts)
    program = "local x\n" + "\n".join(
        f'x = tonumber("{text}") print(x and ("%.17g"):format(x))' for text in quoted
    )
    out = Ptr(TValue, heap.aux(8))
    for text, theirs in zip(texts, luajit_lines(program), strict=True):
        found = number.str_tonum(heap.g, heap.string(text.encode()), out)
        assert (f"{out.num:.17g}" if found else "nil") == theirs, text


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**15 - 1), st.integers(0, 15))
def test_short_decimals_are_read_exactly_without_an_upcall(heap: Heap, digits: int, places: int) -> None:
    text = str(digits).rjust(places + 1, "0")[:15]
    places = min(places, len(text))
    text = text[: len(text) - places] + "." + text[len(text) - places :]
    calls = heap.memory.function_at(heap.g.upcall)
    before = calls.count  # type: ignore[attr-defined]
    out = Ptr(TValue, heap.aux(8))
    assert number.str_tonum(heap.g, heap.string(text.encode()), out) == 1
    assert out.num == float(text) and calls.count == before  # type: ignore[attr-defined]


def test_joining_strings_and_numbers(heap: Heap) -> None:
    from jitvm.runtime import string

    first = heap.g.main.top
    value.set_str(first, heap.string(b"x = "))
    value.set_number(first + 1, 0.1)
    value.set_str(first + 2, heap.string(b"!" * 100))
    assert heap.text(string.str_cat(heap.g, first, 3)) == b"x = 0.1" + b"!" * 100
    value.set_nil(first + 1)
    assert string.str_cat(heap.g, first, 3) == None and heap.g.errarg == 1  # noqa: E711


def test_python_formats_numbers_the_same(heap: Heap) -> None:
    for x in (12345678901234.5, 1234567890123.25, 0.1, 1e15 / 3, -0.0, 1e300, 5e-324, math.inf, math.nan):
        assert format_number(x).decode() == text_of(heap, x)
