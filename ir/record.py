"""Data classes, as `dataclasses` has them, at a tenth of the cost of making one.

    from ir.record import dataclass, field, replace

    @dataclass(frozen=True, slots=True)
    class Move:
        dst: Place
        src: Place

To type checkers these *are* the functions of `dataclasses`, and all that they check is left to them: nothing
here refuses an assignment to a frozen field.  Over a hundred such classes stand between a hot loop and its
first trace; the library's decorator compiles four to eight functions for each of them and loads `inspect`,
this one compiles `__init__`.

Invariant: what is supported behaves as in `dataclasses`: order and inheritance of fields, defaults,
`__post_init__`, `__match_args__`, slots, comparison as tuples, hashes of frozen classes.  Not supported:
`order`, `kw_only`, `InitVar`.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, replace
    from typing import Any


class _Missing:
    """No default."""

    def __repr__(self) -> str:
        return "<no default>"


MISSING = _Missing()


class Field:
    """One field of a class."""

    __slots__ = ("compare", "default", "default_factory", "init", "name", "repr")

    def __init__(
        self, default: Any, default_factory: Any, init: bool, repr_: bool, compare: bool
    ) -> None:
        self.name = ""
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr_
        self.compare = compare


def _field(
    *, default: Any = MISSING, default_factory: Any = MISSING, init: bool = True, repr: bool = True,
    compare: bool = True,
) -> Field:  # fmt: skip
    """What `field` says about one field."""
    return Field(default, default_factory, init, repr, compare)


def _dataclass(
    cls: Any = None, /, *, eq: bool = True, frozen: bool = False, slots: bool = False, repr: bool = True
) -> Any:
    """The decorator, with or without arguments."""

    def make(made: Any) -> Any:
        return _make(made, eq, frozen, slots, repr)

    return make if cls is None else make(cls)


def _make(cls: Any, eq: bool, frozen: bool, slots: bool, with_repr: bool) -> Any:
    own = _own_fields(cls)
    known = {name: one for base in reversed(cls.__mro__[1:]) for name, one in _fields_of(base).items()}
    known.update(own)
    body: dict[str, Any] = {"__init__": _initializer(cls, known), "__fields__": known}
    body["__match_args__"] = tuple(name for name, one in known.items() if one.init)
    if with_repr:
        body["__repr__"] = _shown
    if eq:
        key = _key(known)
        body["__eq__"] = _equality(key)
        body["__hash__"] = _hash(key) if frozen else None
    for name in ("__init__", "__repr__", "__eq__", "__hash__"):
        if name in cls.__dict__ and not (name == "__hash__" and cls.__dict__[name] is None):
            body.pop(name, None)
    if slots:
        return _with_slots(cls, own, body)
    for name, one in own.items():
        if one.default is MISSING and name in cls.__dict__:
            delattr(cls, name)
        elif one.default is not MISSING:
            setattr(cls, name, one.default)
    for name, value in body.items():
        setattr(cls, name, value)
    return cls


def _fields_of(cls: Any) -> dict[str, Field]:
    found: dict[str, Field] = cls.__dict__.get("__fields__", {})
    return found


def _own_fields(cls: Any) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for name, hint in cls.__annotations__.items():
        if isinstance(hint, str) and hint.startswith("ClassVar"):
            continue
        default = cls.__dict__.get(name, MISSING)
        one = default if isinstance(default, Field) else Field(default, MISSING, True, True, True)
        one.name = name
        found[name] = one
    return found


def _initializer(cls: Any, known: dict[str, Field]) -> Any:
    parameters, lines = ["self"], []
    names: dict[str, Any] = {"MISSING": MISSING}
    for name, one in known.items():
        value = name
        if one.default_factory is not MISSING:
            names[f"make_{name}"] = one.default_factory
            value = f"make_{name}()"
            if one.init:
                parameters.append(f"{name}=MISSING")
                value = f"{value} if {name} is MISSING else {name}"
        elif one.default is not MISSING:
            names[f"default_{name}"] = one.default
            value = name if one.init else f"default_{name}"
            if one.init:
                parameters.append(f"{name}=default_{name}")
        elif one.init:
            parameters.append(name)
        else:
            continue
        lines.append(f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    text = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"])
    exec(text, names)
    function = names["__init__"]
    function.__qualname__ = f"{cls.__qualname__}.__init__"
    return function


def _with_slots(cls: Any, own: dict[str, Field], body: dict[str, Any]) -> Any:
    """The same class anew: slots are laid out when a class is made."""
    namespace = {**cls.__dict__, **body}
    for name in (*own, "__dict__", "__weakref__"):
        namespace.pop(name, None)
    inherited = {slot for base in cls.__mro__[1:] for slot in _slots_of(base)}
    namespace["__slots__"] = tuple(name for name in own if name not in inherited)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _slots_of(cls: Any) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _key(known: dict[str, Field]) -> Any:
    """What is compared: all values as a tuple, or the only one."""
    names = [name for name, one in known.items() if one.compare]
    return attrgetter(*names) if names else lambda _: ()


def _equality(key: Any) -> Any:
    def __eq__(self: Any, other: object) -> Any:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(key: Any) -> Any:
    def __hash__(self: Any) -> int:
        return hash(key(self))

    return __hash__


def _shown(self: Any) -> str:
    """`repr` of an instance."""
    shown = [f"{name}={getattr(self, name)!r}" for name, one in self.__fields__.items() if one.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _replace(instance: Any, /, **changes: Any) -> Any:
    """A copy with other values of some fields; what `init=False` leaves out starts anew."""
    values = {name: getattr(instance, name) for name, one in instance.__fields__.items() if one.init}
    return instance.__class__(**{**values, **changes})


def _fields(cls: Any) -> tuple[Field, ...]:
    """The fields of a class or instance, in order."""
    return tuple(cls.__fields__.values())


if not TYPE_CHECKING:
    dataclass, field, replace, fields = _dataclass, _field, _replace, _fields

__all__ = ["dataclass", "field", "fields", "replace"]
