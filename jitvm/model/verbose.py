"""Lines of `-jv`, read.

    [TRACE   1 demo.lua:3 loop]
    [TRACE   2 (1/4) demo.lua:5 -> 1]
    [TRACE --- demo.lua:9 -- NYI: bytecode 51 at demo.lua:10]
"""

from __future__ import annotations

import re

from jitvm.model.errors import MalformedLog
from jitvm.model.objects import Abort, Flushed, Link, Origin, Trace
from jitvm.model.places import place, reason_code
from jitvm.model.printer import verbose_abort, verbose_stop

VERBOSE_HEADER = "[TRACE "
_LINE = re.compile(r"\[TRACE (---| *\d{1,18}) (?:\((\d{1,18})/(\d{1,18}|stitch)\) )?(.*)\]$", re.DOTALL)
_ABORTED = re.compile(r"(.*?) -- (.*?)(?: at (.*))?$", re.DOTALL)
_FALLBACK = re.compile(r"(.*) -- fallback to interpreter$", re.DOTALL)
_STITCH = re.compile(r"(.*?) stitch (.*)$", re.DOTALL)
_LINKED = re.compile(r"(.*) -> (\d{1,18})(?: ([a-z-]+))?$", re.DOTALL)
_CLOSED = re.compile(r"(.*) ([a-z-]+)$", re.DOTALL)


def read_verbose_line(line: str, number: int, before: int = 0) -> Trace | Flushed | None:
    """What a line tells of; None if it is no line of a listing.  `before`: columns that are cut off."""
    if line == "[TRACE flush]":
        return Flushed()
    match = _LINE.match(line)
    if match is None:
        if line.startswith(VERBOSE_HEADER) and not before:
            raise MalformedLog("this line of -jv is cut off or malformed", number, len(line) + 1)
        return None
    origin = None
    if match[2] is not None:
        origin = Origin(int(match[2]), None if match[3] == "stitch" else int(match[3]))
    if match[1] == "---":
        trace = _aborted(origin, match[4])
        shown = verbose_abort(trace) if trace is not None else ""
    else:
        trace = _finished(int(match[1]), origin, match[4])
        shown = verbose_stop(trace) if trace is not None else ""
    if trace is None or shown != line + "\n":
        column = before + match.start(4) + 1
        raise MalformedLog("this line of -jv does not tell how a trace ended", number, column)
    return trace


def _aborted(origin: Origin | None, rest: str) -> Trace | None:
    match = _ABORTED.match(rest)
    if match is None:
        return None
    start = place(match[1])
    where = place(match[3]) if match[3] is not None else start
    return Trace(None, origin, start, abort=Abort(match[2], where, reason_code(match[2])))


def _finished(number: int, origin: Origin | None, rest: str) -> Trace | None:
    if match := _FALLBACK.match(rest):
        return Trace(number, origin, place(match[1]), Link("interpreter"))
    if match := _STITCH.match(rest):
        return Trace(number, origin, place(match[1]), Link("stitch"), end=place(match[2]))
    if match := _LINKED.match(rest):
        return Trace(number, origin, place(match[1]), Link(match[3] or "root", int(match[2])))
    if match := _CLOSED.match(rest):
        return Trace(number, origin, place(match[1]), Link(match[2], number if match[2] == "loop" else 0))
    return None
