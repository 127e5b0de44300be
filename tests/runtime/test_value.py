"""Boxing and type tests, on every kind of value."""

from __future__ import annotations

import math
import struct

import pytest

from ir.layout import Ptr
from ir.objects import GCstr, GCtab, TValue
from jitvm.native.simulate import SimulatedMemory
from jitvm.runtime import value

NUMBERS = [0.0, -0.0, 1.5, -1e308, math.inf, -math.inf, 5e-324]


def slot(memory: SimulatedMemory) -> Ptr:
    return Ptr(TValue, memory.allocate(8))


def kinds(tv: Ptr) -> set[str]:
    tests = {
        "number": value.is_number,
        "nil": value.is_nil,
        "bool": value.is_bool,
        "str": value.is_str,
        "tab": value.is_tab,
        "func": value.is_func,
        "thread": value.is_thread,
        "lightud": value.is_lightud,
        "gcobj": value.is_gcobj,
        "truthy": value.is_truthy,
    }
    return {name for name, test in tests.items() if test(tv)}


def test_each_value_passes_its_own_tests_only() -> None:
    with SimulatedMemory.installed() as memory:
        tv = slot(memory)
        for number in NUMBERS:
            value.set_number(tv, number)
            assert kinds(tv) == {"number", "truthy"}
        value.set_nil(tv)
        assert kinds(tv) == {"nil"}
        value.set_bool(tv, False)
        assert kinds(tv) == {"bool"}
        value.set_bool(tv, True)
        assert kinds(tv) == {"bool", "truthy"}
        value.set_str(tv, Ptr(GCstr, 0x123450))
        assert kinds(tv) == {"str", "gcobj", "truthy"} and value.str_of(tv).addr == 0x123450
        value.set_tab(tv, Ptr(GCtab, 0x7FFFFFFFFFF0))
        assert kinds(tv) == {"tab", "gcobj", "truthy"} and value.tab_of(tv).addr == 0x7FFFFFFFFFF0
        value.set_lightud(tv, 0x1000)
        assert kinds(tv) == {"lightud", "truthy"}


@pytest.mark.parametrize("bits", [value.NAN_BITS, 0x7FF8000000000000])
def test_nan_is_a_number_unequal_to_itself(bits: int) -> None:
    with SimulatedMemory.installed() as memory:
        tv = slot(memory)
        tv.bits = bits
        assert value.is_number(tv) and not value.obj_equal(tv, tv)


def test_equality_is_by_value_for_numbers_and_by_identity_else() -> None:
    with SimulatedMemory.installed() as memory:
        a, b = slot(memory), slot(memory)
        value.set_number(a, 0.0)
        value.set_number(b, -0.0)
        assert value.obj_equal(a, b) and a.bits != b.bits
        value.set_nil(a)
        assert not value.obj_equal(a, b)
        value.copy(b, a)
        assert value.obj_equal(a, b)


def test_nil_is_all_ones_and_tags_match_a_packed_word() -> None:
    with SimulatedMemory.installed() as memory:
        tv = slot(memory)
        value.set_nil(tv)
        assert memory.read(tv.addr, 8) == b"\xff" * 8
        value.set_tab(tv, Ptr(GCtab, 16))
        assert memory.read(tv.addr, 8) == struct.pack("<Q", value.TAB_BITS | 16)
