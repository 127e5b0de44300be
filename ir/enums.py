"""Enumerations, as `enum` has them, that cost no more than other classes.

    from ir.enums import IntEnum

    class Reg(IntEnum):
        rax = 0

To type checkers these *are* the classes of `enum`.  The metaclass there has a `__getattr__`, so that up to
Python 3.11 to say `Reg.rax` takes four times as long as to read any other attribute of a class, and what is
no integer is hashed by a function in Python.  Compiling a trace names members some hundred times for each
instruction.

Invariant: what is supported behaves as in `enum`: members by name (`Reg["rax"]`), by value (`Reg(0)`), in
order (`list(Reg)`), rows that a `__new__` of the class takes apart, methods and properties.  No two members
are equal.  Not supported: flags, `auto`, the functional form, `_missing_`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import Enum, IntEnum
    from typing import Any


class _EnumType(type):
    """Makes members of the plain values in the body of a class."""

    __members__: dict[str, Any]
    _by_value: dict[object, Any]

    def __new__(meta, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        rows = {key: value for key, value in namespace.items() if _is_member(key, value)}
        rest = {key: value for key, value in namespace.items() if key not in rows}
        made = super().__new__(meta, name, bases, rest)
        made.__members__, made._by_value = {}, {}
        for key, row in rows.items():
            _add(made, key, row)
        return made

    def __call__(cls, value: object) -> Any:
        if value not in cls._by_value:
            raise ValueError(f"{value!r} is not a valid {cls.__name__}")
        return cls._by_value[value]

    def __getitem__(cls, name: str) -> Any:
        return cls.__members__[name]

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._by_value.values())

    def __len__(cls) -> int:
        return len(cls._by_value)

    def __contains__(cls, member: object) -> bool:
        return isinstance(member, cls)


def _is_member(name: str, value: object) -> bool:
    return not name.startswith("_") and not hasattr(value, "__get__")


def _add(cls: Any, name: str, row: Any) -> None:
    member = cls.__new__(cls, *(row if isinstance(row, tuple) else (row,)))
    value = getattr(member, "_value_", row)
    assert value not in cls._by_value, f"{cls.__name__}.{name} has the value of {cls._by_value[value]!r}"
    member.name, member.value = name, value
    cls.__members__[name] = cls._by_value[value] = member
    setattr(cls, name, member)


class _Enum(metaclass=_EnumType):
    """Members are equal if they are the same."""

    name: str
    value: Any

    def __new__(cls, value: object) -> Any:
        return object.__new__(cls)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}.{self.name}: {self.value!r}>"

    def __str__(self) -> str:
        return f"{self.__class__.__name__}.{self.name}"

    def __reduce__(self) -> tuple[type, tuple[object]]:
        return self.__class__, (self.value,)


class _IntEnum(int, metaclass=_EnumType):
    """Members are integers."""

    name: str
    value: int

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}.{self.name}: {self.value}>"

    def __str__(self) -> str:
        return int.__repr__(self)

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return self.__class__, (self.value,)


if not TYPE_CHECKING:
    Enum, IntEnum = _Enum, _IntEnum

__all__ = ["Enum", "IntEnum"]
