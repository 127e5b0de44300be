"""Logs as JSON, without loss: one line for each trace, event and function, so that files can be compared.

    text = to_json(log)
    from_json(text) == log

The schema is `trace-log-1.schema.json` beside this module (made by `jitvm.model.schema`).  A later version of
the format gets a number of its own; readers refuse what they do not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]

from jitvm.model.check import check
from jitvm.model.codec import Codec, Misfit
from jitvm.model.errors import MalformedLog
from jitvm.model.objects import Log

FORMAT, VERSION = "jitvm-trace-log", 1
_HEAD = ("format", "version")
_BLANK = re.compile(r"[ \t\r\n]*")
_HUGE = re.compile(r"-?\d{1000,}")


def to_json(log: Log) -> str:
    return "".join(_lines(log))


def _lines(log: Log) -> Iterator[str]:
    yield f'{{"format": "{FORMAT}", "version": {VERSION}'
    for name, value in Codec(Log).encode(log).items():
        if isinstance(value, list):
            body = ",\n".join([json.dumps(each, separators=(",", ":")) for each in value])
            yield f',\n"{name}": [\n{body}\n]'
        else:
            yield f',\n"{name}": {json.dumps(value)}'
    yield "}\n"


def looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] == "{"


def from_json(text: str) -> Log:
    """Raises MalformedLog."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise MalformedLog(message, error.lineno, error.colno) from None
    except RecursionError:
        raise MalformedLog("this is nested too deeply", 1, 1) from None
    except ValueError:
        huge = _HUGE.search(text)
        raise _at(text, huge.start() if huge is not None else 0, "there is no such number") from None
    try:
        log: Log = Codec(Log).decode(_body(value))
        check(log)
    except Misfit as misfit:
        raise _at(text, position(text, misfit.path[::-1]), misfit.message) from None
    return log


def _body(value: object) -> dict[str, object]:
    """Without the head."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Misfit(f'an object was expected whose "format" is "{FORMAT}"')
    if value.get("version") != VERSION:
        raise Misfit(f"version {VERSION} was expected, not {value.get('version')}")
    return {name: part for name, part in value.items() if name not in _HEAD}


def _at(text: str, at: int, message: str) -> MalformedLog:
    return MalformedLog(message, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def position(text: str, path: Sequence[str | int]) -> int:
    """Where the value at a path begins in a text that is JSON."""
    skip = json.JSONDecoder().raw_decode
    at = _blank(text, 0)
    for key in path:
        found = at
        at = _blank(text, at + 1)
        count = 0
        while text[at] not in "]}":
            name: str | int = count
            if isinstance(key, str):
                name, at = scanstring(text, at + 1)
                at = _blank(text, _blank(text, at) + 1)
            if name == key:
                found = at  # Of fields given twice the last one counts.
            at = _blank(text, skip(text, at)[1])
            if text[at] == ",":
                at = _blank(text, at + 1)
            count += 1
        at = found
    return at


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match is not None else at
