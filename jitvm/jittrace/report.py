"""What `jittrace diff` writes: text or JSON.  Its page is made in `pages.py`.

    = 1 loop.lua:3 loop
    ~ 2 loop.lua:5 -> 1              ir 7: num ADD %1 +1 | num SUB %1 +1
    - 3 loop.lua:9 loop              only in A
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from jitvm.jittrace.compare import Difference, Pair, Several
from jitvm.jittrace.names import link_name, trace_name
from jitvm.model.objects import Trace

FORMAT, VERSION = "jitvm-trace-diff", 1


def pair_title(pair: Pair) -> str:
    if pair.a is not None and pair.b is not None and pair.a.number != pair.b.number:
        return f"{_title(pair.a)}  (B: {pair.b.number})"
    return _title(pair.a or pair.b)


def _title(trace: Trace | None) -> str:
    if trace is None:
        return ""
    way = ""
    if trace.origin is not None:
        way = "stitch: " if trace.origin.exit is None else f"exit {trace.origin.exit}: "
    return f"{way}{trace_name(trace)}  {link_name(trace.link, trace.number)}"


def difference_text(one: Difference) -> str:
    if one.level == "shape":
        return "only in B" if not one.a else "only in A"
    at = f" {one.at}" if one.at and one.level != "aborts" else ""
    return f"{one.level}{at}: {one.a or '(nothing)'} | {one.b or '(nothing)'}"


def summary(several: Several) -> str:
    """One line."""
    comparison = several.first
    if not several.known:
        return f"equal: {len(comparison.pairs)} traces, compared to level {comparison.level}"
    counts: dict[str, int] = {}
    for one in several.stable:
        counts[one.level] = counts.get(one.level, 0) + 1
    shown = ", ".join([f"{count} at {level}" for level, count in counts.items()])
    unstable = f"; {len(several.unstable)} unstable" if several.unstable else ""
    return f"{len(several.stable)} differences{f' ({shown})' if shown else ''}{unstable}"


def text_report(several: Several, a: str, b: str, everything: bool) -> str:
    return "".join([f"{line}\n" for line in _text(several, a, b, everything)])


def _text(several: Several, a: str, b: str, everything: bool) -> Iterator[str]:
    if several.known or everything:
        yield f"A: {a}"
        yield f"B: {b}"
    varying = {one.identity for one, _ in several.unstable}
    hidden = 0
    for pair in several.first.pairs:
        unstable = pair.difference is not None and pair.difference.identity in varying
        if (pair.difference is None or unstable) and not everything:
            hidden += 1
            continue
        text = f"{pair.mark} {'  ' * pair.depth}{pair_title(pair)}"
        if pair.difference is not None:
            text += f"   {difference_text(pair.difference)}{'  (unstable)' if unstable else ''}"
        yield text
    if hidden and several.known:
        yield f"= {hidden} more traces{' that differ in no run or in some' if varying else ''}"
    for one in several.first.aborts:
        if one.identity not in varying:
            yield f"~ {one.path}   {difference_text(one)}"
    if several.unstable:
        yield f"Unstable, in some of {several.runs} pairs of runs:"
        for one, count in several.unstable:
            yield f"  {count}/{several.runs}  {one.path}   {difference_text(one)}"
    yield summary(several)


def json_report(several: Several, a: str, b: str, everything: bool) -> str:
    value = {
        "format": FORMAT,
        "version": VERSION,
        "a": a,
        "b": b,
        "level": several.first.level,
        "runs": several.runs,
        "equal": not several.stable,
        "differences": [_difference(one) for one in several.stable],
        "unstable": [{**_difference(one), "runs": count} for one, count in several.unstable],
        "traces": [
            {
                "mark": pair.mark,
                "path": pair.path,
                "a": pair.a.number if pair.a is not None else None,
                "b": pair.b.number if pair.b is not None else None,
                "level": pair.difference.level if pair.difference is not None else None,
            }
            for pair in several.first.pairs
            if everything or pair.difference is not None
        ],
    }
    return json.dumps(value, indent=1) + "\n"


def _difference(one: Difference) -> dict[str, object]:
    return {"level": one.level, "path": one.path, "at": one.at, "a": one.a, "b": one.b}


REPORTS: dict[str, Callable[[Several, str, str, bool], str]] = {
    "text": text_report,
    "json": json_report,
}
