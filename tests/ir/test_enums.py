"""Our enumerations behave as the library's, in what they support."""

from __future__ import annotations

import enum
import pickle
from typing import Any

import pytest

import ir.enums


def plain(base: Any) -> Any:
    class Plain(base):  # type: ignore[misc]
        ONE = "one"
        TWO = "two"

        @property
        def twice(self) -> str:
            return str(self.value) * 2

    return Plain


def rows(base: Any) -> Any:
    class Row(base):  # type: ignore[misc]
        note: str

        def __new__(cls, note: str, scale: int) -> Any:
            number = len(cls.__members__) * scale
            self = int.__new__(cls, number)
            self._value_ = number
            self.note = note
            return self

        A = "first", 10
        B = "second", 10

    return Row


class Number(ir.enums.IntEnum):
    ZERO = 0
    FIVE = 5


@pytest.mark.parametrize("library", [enum, ir.enums], ids=["enum", "ir.enums"])
def test_members(library: Any) -> None:
    made = plain(library.Enum)
    assert [member.name for member in made] == ["ONE", "TWO"] and len(made) == 2
    assert made["TWO"] is made("two") is made.TWO
    assert made.ONE.twice == "oneone" and made.ONE in made and made.ONE != made.TWO
    assert str(made.ONE) == "Plain.ONE" and repr(made.ONE) == "<Plain.ONE: 'one'>"
    assert {made.ONE: 1}[made("one")] == 1
    with pytest.raises(ValueError, match="'three' is not a valid"):
        made("three")
    with pytest.raises(KeyError):
        made["THREE"]


@pytest.mark.parametrize("library", [enum, ir.enums], ids=["enum", "ir.enums"])
def test_rows(library: Any) -> None:
    made = rows(library.IntEnum)
    assert [int(member) for member in made] == [0, 10] and made(10) is made.B
    assert made.B.note == "second" and made.B.value == 10 and list(made.__members__) == ["A", "B"]
    assert made.B + 1 == 11 and isinstance(made.B, int) and not made.A
    assert repr(made.B) == "<Row.B: 10>" and hash(made.B) == hash(10)


def test_numbers_print_as_numbers_and_are_pickled_by_value() -> None:
    assert f"{Number.FIVE}" == str(Number.FIVE) == "5" and f"{Number.FIVE:03d}" == "005"
    assert pickle.loads(pickle.dumps(Number.FIVE)) is Number.FIVE


def test_no_two_members_are_equal() -> None:
    with pytest.raises(AssertionError, match="Twice.B has the value of"):
        type.__call__(type(Number), "Twice", (ir.enums.IntEnum,), {"A": 1, "B": 1})
