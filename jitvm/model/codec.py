"""Data classes as JSON values and back, by their type hints.

    codec = Codec(Link)
    codec.encode(Link("root", 3))               {"type": "root", "target": 3}
    codec.decode({"type": "root"})              Link("root", 0)

Fields with their default value are left out.  A class with a `tag` says so as "kind", so that unions can be
told apart; a class with a `bare` field is nothing but the value of that field.
Supported: str, int, bool, tuples of one type, data classes, unions of these with each other and None.

Invariant: decode(encode(x)) == x, and whatever else is decoded is refused with the path to what is wrong.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, Union, get_args, get_origin, get_type_hints

Encoder = Callable[[Any], Any]
Decoder = Callable[[Any], Any]
KIND = "kind"
#: Numbers of listings are 64-bit words.
LARGEST = 1 << 64
_NAMES = {str: "a string", int: "an integer", bool: "a boolean", dict: "an object", list: "an array"}


class Misfit(ValueError):
    """A value that is not what it should be, and the path to it, innermost key first."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.path: list[str | int] = []


def describe(value: object) -> str:
    if value is None:
        return "null"
    return _NAMES.get(type(value), "a number with a fraction" if isinstance(value, float) else "this")


class Codec:
    """How one type is written and read."""

    def __init__(self, hint: Any) -> None:
        self.encode, self.decode = codec_of(hint)


_CODECS: dict[Any, tuple[Encoder, Decoder]] = {}


def codec_of(hint: Any) -> tuple[Encoder, Decoder]:
    if hint not in _CODECS:
        _CODECS[hint] = _make(hint)
    return _CODECS[hint]


def members(hint: Any) -> tuple[Any, ...]:
    """The members of a union; of anything else itself."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _make(hint: Any) -> tuple[Encoder, Decoder]:
    if hint in (str, int, bool):
        return _same, _simple(hint)
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint)[0])
    if len(members(hint)) > 1:
        return _union(members(hint))
    return _object(hint)


def _same(value: Any) -> Any:
    return value


def _simple(wanted: type) -> Decoder:
    name = _NAMES[wanted]

    def decode(value: Any) -> Any:
        if type(value) is not wanted:
            raise Misfit(f"{name} was expected, not {describe(value)}")
        if isinstance(value, int) and abs(value) >= LARGEST:
            raise Misfit("this number is out of range")
        return value

    return decode


def _tuple(element: Any) -> tuple[Encoder, Decoder]:
    encode_one, decode_one = codec_of(element)

    def encode(value: Any) -> Any:
        return [encode_one(each) for each in value]

    def decode(value: Any) -> Any:
        if type(value) is not list:
            raise Misfit(f"an array was expected, not {describe(value)}")
        try:
            found = []
            for each in value:
                found.append(decode_one(each))
            return tuple(found)
        except Misfit as misfit:
            misfit.path.append(len(found))
            raise

    return encode, decode


def json_type(hint: Any) -> type:
    """What a type is in JSON."""
    if hint in (str, int, bool):
        return hint  # type: ignore[no-any-return]
    if get_origin(hint) is tuple:
        return list
    bare = getattr(hint, "bare", None)
    return json_type(get_type_hints(hint)[bare]) if bare is not None else dict


def _union(hints: tuple[Any, ...]) -> tuple[Encoder, Decoder]:
    classes = [hint for hint in hints if hint is not type(None)]
    codecs = {hint: codec_of(hint) for hint in classes}
    encoders = {get_origin(hint) or hint: encoder for hint, (encoder, _) in codecs.items()}
    by_type: dict[type, Decoder] = {}
    by_kind: dict[str, Decoder] = {}
    for hint, (_, decoder) in codecs.items():
        if getattr(hint, "tag", None) is not None:
            by_kind[hint.tag] = decoder
        else:
            assert json_type(hint) not in by_type, hints
            by_type[json_type(hint)] = decoder
    if type(None) in hints:
        by_type[type(None)] = encoders[type(None)] = _same
    wanted = " or ".join([_NAMES.get(each, "null") for each in by_type] + [f'"{kind}"' for kind in by_kind])

    def encode(value: Any) -> Any:
        return encoders[type(value)](value)

    def decode(value: Any) -> Any:
        decoder = by_type.get(type(value))
        if decoder is None and type(value) is dict:
            kind = value.get(KIND)
            decoder = by_kind.get(kind) if isinstance(kind, str) else None
        if decoder is None:
            raise Misfit(f"{wanted} was expected, not {describe(value)}")
        return decoder(value)

    return encode, decode


def _object(cls: Any) -> tuple[Encoder, Decoder]:
    bare = getattr(cls, "bare", None)
    if bare is not None:
        _, decode_bare = codec_of(get_type_hints(cls)[bare])
        return (lambda value: getattr(value, bare)), (lambda value: cls(decode_bare(value)))
    return _encoder(cls), _decoder(cls)


def _encoder(cls: Any) -> Encoder:
    hints, tag = get_type_hints(cls), getattr(cls, "tag", None)
    rows = [
        (field.name, None if field.default is MISSING else (field.default,), codec_of(hints[field.name])[0])
        for field in fields(cls)
    ]

    def encode(value: Any) -> Any:
        found = {} if tag is None else {KIND: tag}
        for name, default, encode_one in rows:
            part = getattr(value, name)
            if default is None or part != default[0]:
                found[name] = encode_one(part)
        return found

    return encode


def _plain(hint: Any) -> type | None:
    """The type whose values stand for themselves; integers are checked for their range."""
    return next((member for member in members(hint) if member in (str, bool)), None)


def _decoder(cls: Any) -> Decoder:
    hints, tag = get_type_hints(cls), getattr(cls, "tag", None)
    # Most values are plain: what has the right type needs no call.
    decoders = {
        field.name: (_plain(hints[field.name]), codec_of(hints[field.name])[1]) for field in fields(cls)
    }
    needed = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise Misfit(f"an object was expected, not {describe(value)}")
        found = {}
        for name, part in value.items():
            decoder = decoders.get(name)
            if decoder is None:
                if name == KIND and tag is not None:
                    continue
                raise Misfit(f"there is no field {name!r} here")
            if type(part) is decoder[0]:
                found[name] = part
                continue
            try:
                found[name] = decoder[1](part)
            except Misfit as misfit:
                misfit.path.append(name)
                raise
        for name in needed:
            if name not in found:
                raise Misfit(f"the field {name!r} is missing")
        return cls(**found)

    return decode
