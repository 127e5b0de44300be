"""Logs in which anything may stand: what the reader accepts, every command can bear."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from jitvm.jittrace.compare import compare_runs
from jitvm.jittrace.explain import problems
from jitvm.jittrace.report import REPORTS
from jitvm.jittrace.stats import statistics
from jitvm.jittrace.tree import dot, svg, text_lines
from jitvm.model.errors import MalformedLog
from jitvm.model.forest import Forest
from jitvm.model.jsonform import from_json, to_json
from jitvm.model.objects import Form, Log
from jitvm.model.printer import print_log
from jitvm.model.reader import read_listing
from tests.model.test_listings import LISTING

SIDES = "".join(
    f"---- TRACE {number} start {parent}/{exit_} demo.lua:{number}\n---- TRACE {number} stop -> {link}\n\n"
    for number, parent, exit_, link in (
        (2, 1, 0, "1"),
        (3, 2, 5, "2 up-recursion"),
        (4, 1, "stitch", "return"),
    )
)
VALUES: list[Any] = [
    None, -1, 0, 1, 2, 3, 7, 1 << 63, -(1 << 63), 100_000, True, [], {}, "", "x", "#1", "0001", "loop",
    "stop", [0], {"kind": "ref"}, {"name": "a", "line": -5}, "\udc80", "<&>\"'", "LOOP", "CONV", "[0x1]",
]  # fmt: skip


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every container, with each of its keys."""
    if isinstance(value, dict):
        for key in value:
            found.append((value, key))
            places(value[key], found)
    elif isinstance(value, list):
        for key in range(len(value)):
            found.append((value, key))
            places(value[key], found)
    return found


def damage(value: dict[str, Any], chance: random.Random) -> None:
    container, key = chance.choice(places(value, []))
    match chance.randrange(4):
        case 0 if not isinstance(container, list):
            del container[key]
        case 1 if isinstance(container, list):
            container.insert(key, container[chance.randrange(len(container))])
        case 2:
            other, name = chance.choice(places(value, []))
            container[key] = json.loads(json.dumps(other[name]))
        case _:
            container[key] = chance.choice(VALUES)


def use(log: Log) -> None:
    """All that the commands do."""
    assert from_json(to_json(log)) == log
    for form in (Form("dump", "tbisrmxXa", color) for color in "TAH"):
        print_log(log, form)
    print_log(log, Form("verbose"))
    print_log(log)
    forest = Forest(log)
    list(text_lines(forest))
    dot(forest)
    svg(forest)
    statistics(forest)
    problems(forest)
    other = read_listing(LISTING)
    for several in (compare_runs([log], [log], "mcode"), compare_runs([log], [other], "mcode")):
        for report in REPORTS.values():
            report(several, "a", "b", True)
    assert not compare_runs([log], [log], "mcode").known


def test_exits_with_huge_numbers() -> None:
    huge = 10**17
    text = LISTING.replace("start 1/1 ", f"start 1/{huge} ").replace("exit 1\n", f"exit {huge + 1}\n")
    use(read_listing(text))
    assert [one.number for one in Forest(read_listing(text)).exits(0)] == [0, 1, huge, huge + 1]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_accepted_can_be_used(seed: int) -> None:
    chance = random.Random(seed)
    text = to_json(read_listing(LISTING.replace("---- TRACE 2 start 1/stitch io.write\n", "") + SIDES))
    accepted = 0
    for _ in range(250):
        value = json.loads(text)
        for _ in range(chance.randrange(1, 4)):
            damage(value, chance)
        try:
            log = from_json(json.dumps(value))
        except MalformedLog as error:
            assert error.line >= 1 and error.column >= 1
            continue
        accepted += 1
        use(log)
    assert accepted > 20
