"""The registries of the recorder are complete."""

from __future__ import annotations

from jitvm.front.bytecode import BC
from jitvm.lib.ffnames import FFIDS
from jitvm.record import recorders
from jitvm.record.library import BUILTINS
from jitvm.record.recorder import missing
from jitvm.record.view import bits_of, hash_words, irt_of, num2int, raw_equal


def test_what_is_not_recorded() -> None:
    """LuaJIT does not record these either; UCLO is registered as an abort."""
    assert recorders.calls
    assert missing() == [BC.KCDATA, BC.FNEW, BC.JFUNCV]


def test_library_functions_exist() -> None:
    assert set(BUILTINS) <= set(FFIDS)


def test_values() -> None:
    assert irt_of(bits_of(-0.0)).name == "NUM"
    assert irt_of((1 << 64) - 1).name == "NIL"
    assert raw_equal(bits_of(0.0), bits_of(-0.0))
    assert not raw_equal(bits_of(float("nan")), bits_of(float("nan")))
    assert [num2int(x) for x in (3.9, -3.9, 1e10, float("nan"))] == [3, -3, -0x80000000, -0x80000000]


def test_hash_is_that_of_the_tables() -> None:
    from jitvm.runtime import table

    for low, high in ((0, 0), (1, 2), (0xDEADBEEF, 0x12345678), (0xFFFFFFFF, 0xFFFFFFFF)):
        assert hash_words(low, high) == int(table.hash_words(low, high))
