"""Logs as JSON: nothing is lost, the published schema fits, and errors say where."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import jsonschema
import pytest

import jitvm.model
from jitvm.model.errors import MalformedLog
from jitvm.model.jsonform import from_json, position, to_json
from jitvm.model.objects import Log, Pass, Place, Producer, Prototype, Trace
from jitvm.model.reader import read_listing
from jitvm.model.schema import schema, schema_text
from tests.model.test_listings import LISTING
from tests.support import corpus

SCRIPTS = corpus.scripts()
PUBLISHED = Path(jitvm.model.__file__).with_name("trace-log-1.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_round_trip(script: corpus.Script) -> None:
    log = read_listing(script.path("dump").read_bytes())
    text = to_json(log)
    assert from_json(text) == log
    assert to_json(from_json(text)) == text
    VALIDATOR.validate(json.loads(text))


def test_everything_at_once() -> None:
    read = read_listing(LISTING)
    ir = read.traces[0].ir
    assert ir is not None
    trace = Trace(9, end=Place("\udcff.lua", 1), passes=(Pass("fold", ir),), exits_taken=(0, 3))
    prototype = Prototype("@a.lua", 0, 9, 2, True, 5, ("x",))
    log = Log((*read.traces, trace), read.events, (prototype,), Producer("jitvm", "1", ("-O3",), "a.lua", 7))
    text = to_json(log)
    assert from_json(text) == log
    VALIDATOR.validate(json.loads(text))


def test_schema_is_published() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert PUBLISHED.read_text() == schema_text(), "python -m jitvm.model.schema makes it anew"


def test_schema_has_documentation() -> None:
    trace = schema()["$defs"]["Trace"]
    assert "recording" in trace["properties"]["end"]["description"].lower()
    assert all(each["description"] for each in schema()["$defs"].values())


def test_schema_refuses_what_the_reader_refuses() -> None:
    value = json.loads(to_json(read_listing(LISTING)))
    value["traces"][0]["ir"][0]["op"] = 3
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(value)
    with pytest.raises(MalformedLog):
        from_json(json.dumps(value))


HEAD = '{"format": "jitvm-trace-log", "version": 1'


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "expecting value"),
        ("{", 1, 2, "expecting property name"),
        ("[]", 1, 1, "an object was expected"),
        ("[" * 100000, 1, 1, "nested too deeply"),
        ('{"format": "jitvm-trace-log", "version": 2}', 1, 1, "version 1 was expected, not 2"),
        (HEAD + ', "tracez": []}', 1, 1, "there is no field 'tracez'"),
        (HEAD + ',\n "traces": 5}', 2, 12, "an array was expected, not an integer"),
        (HEAD + ',\n "traces": [{"number": 1},\n  {"number": "x"}]}', 3, 14, "an integer"),
        (HEAD + ',\n "traces": [{"number": 1.5}]}', 2, 24, "not a number with a fraction"),
        (HEAD + ',\n "traces": [{"number": %s}]}' % ("9" * 5000), 2, 24, "no such number"),
        (HEAD + f',\n "traces": [{{"number": {1 << 70}}}]}}', 2, 24, "out of range"),
        (HEAD + ',\n "events": [{"kind": "stop", "trace": 3}]}', 2, 39, "there is no such trace"),
        (HEAD + ',\n "events": [{"kind": "leap"}]}', 2, 13, '"start" or "record"'),
        (HEAD + ',\n "events": [{"kind": "stop"}]}', 2, 13, "the field 'trace' is missing"),
        (HEAD + ', "form": {"color": "X"}}', 1, 63, "one of the letters"),
        (
            HEAD + ', "traces": [{"number": 1}],\n"events": [{"kind": "stop", "trace": 0}]}',
            2, 12, "this trace has no link",
        ),
        (
            HEAD + ', "traces": [{"number": 1, "ir": [{"number": 2, "op": "A", "type": "b"},\n'
            '{"number": 2, "op": "A", "type": "b"}]}]}',
            2, 12, "out of order",
        ),
    ],
)  # fmt: skip
def test_errors_say_where(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(MalformedLog) as caught:
        from_json(text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


def test_cut_off_json_is_refused() -> None:
    text = to_json(read_listing(LISTING))
    for end in range(0, len(text) - 2, 7):
        with pytest.raises(MalformedLog):
            from_json(text[:end])


def test_positions() -> None:
    text = '{"a": [1, {"b": 2, "c\\n": [true]}], "a": [3, {"c\\n": [7]}]}'
    assert text[position(text, ("a", 1, "c\n", 0)) :].startswith("7")
    assert position(text, ()) == 0


def test_objects_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Trace(1).number = 2  # type: ignore[misc]
