"""Our data classes behave as the library's: each case is made with both."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from ir import record

Case = tuple[Callable[..., Any], ...]
LIBRARIES = [(one.dataclass, one.field, one.replace, one.fields) for one in (record, dataclasses)]


def classes(dataclass: Any, field: Any) -> dict[str, Any]:
    """Every combination of options that the tree uses, with defaults, inheritance and __post_init__."""

    @dataclass(slots=True)
    class Plain:
        a: int
        b: list[int] = field(default_factory=list)
        c: str = "c"
        KIND: ClassVar[str] = "kind"

    @dataclass(slots=True)
    class Derived(Plain):
        """Adds nothing."""

    @dataclass(slots=True)
    class More(Derived):
        d: float = 0.5
        b: list[int] = field(default_factory=lambda: [7])

    @dataclass(frozen=True, slots=True)
    class Frozen:
        a: int
        b: tuple[int, ...] = ()

    @dataclass(frozen=True, slots=True)
    class Single:
        a: int = 3

    @dataclass(eq=False, slots=True)
    class Identity:
        a: int
        hidden: int | None = field(default=None, init=False, repr=False)

    @dataclass
    class Open:
        a: int
        b: int = field(init=False)
        c: int = field(default=4, compare=False)

        def __post_init__(self) -> None:
            self.b = self.a + 1

        def __repr__(self) -> str:
            return f"Open {self.a} {self.b}"

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    return {made.__name__: made for made in (Plain, Derived, More, Frozen, Single, Identity, Open, Empty)}


ARGUMENTS: dict[str, list[tuple[Any, ...]]] = {
    "Plain": [(1,), (1, [2]), (1, [2], "x"), (), (1, [], "c", 4)],
    "Derived": [(1,), (2,)],
    "More": [(1,), (1, [2], "x", 2.0), ()],
    "Frozen": [(1,), (1, ()), (2, (3,)), ()],
    "Single": [(), (3,), (4,)],
    "Identity": [(1,), (2,), (1, 2)],
    "Open": [(1,), (2,), (1, 5)],
    "Empty": [(), (1,)],
}


def observed(dataclass: Any, field: Any, replace: Any, fields: Any) -> dict[str, Any]:
    """What can be seen of all classes: construction, text, comparison, hashes, copies, attributes."""
    made = classes(dataclass, field)
    seen: dict[str, Any] = {}
    for name, cases in ARGUMENTS.items():
        cls = made[name]
        instances = [attempt(lambda cls=cls, case=case: cls(*case)) for case in cases]
        good = [instance for instance in instances if instance is not TypeError]
        seen[name] = {
            "made": [getattr(instance, "__class__", None).__name__ for instance in instances],
            "text": [repr(one).rpartition(".")[2].partition(" at ")[0] for one in good],
            "equal": [[one == other for other in good] for one in good],
            "hashes": [[attempt(lambda a=a, b=b: hash(a) == hash(b)) for b in good] for a in good],
            "match": cls.__match_args__,
            "fields": [one.name for one in fields(cls)],
            "copies": [copy.copy(one).a for one in good if hasattr(one, "a")],
            "replaced": [attempt(lambda one=one: replace(one, a=9).a) for one in good],
            "dict": [hasattr(one, "__dict__") for one in good],
            "new attribute": [attempt(lambda one=one: setattr(one, "other", 1)) for one in good[:1]],
        }
    return seen


def attempt(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except (TypeError, AttributeError):
        return TypeError


def test_as_the_library_has_them() -> None:
    ours, theirs = (observed(*library) for library in LIBRARIES)
    for name, expected in theirs.items():
        if name in ("Frozen", "Single", "Empty"):
            expected["new attribute"] = ours[name]["new attribute"]  # Neither allows it; they differ in how.
        assert ours[name] == expected, name


@pytest.mark.parametrize("library", LIBRARIES, ids=["ours", "theirs"])
def test_defaults_are_made_anew(library: Case) -> None:
    plain = classes(*library[:2])["Plain"]
    plain(1).b.append(5)
    assert plain(1).b == [] and plain.KIND == "kind"


@pytest.mark.parametrize("library", LIBRARIES, ids=["ours", "theirs"])
def test_patterns_and_names(library: Case) -> None:
    frozen = classes(*library[:2])["Frozen"]
    match frozen(1, (2,)):
        case frozen(a, b):
            assert (a, b) == (1, (2,))
    assert frozen(b=(1,), a=2) == frozen(2, (1,))
    assert frozen(1) != frozen(1, (1,)) and frozen(1) != 1
