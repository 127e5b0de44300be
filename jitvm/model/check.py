"""What types do not say about a log, checked on what comes from outside."""

from __future__ import annotations

from jitvm.model.codec import Misfit
from jitvm.model.objects import Aborted, Log, Recorded, Started, Stopped, Trace

#: Calls deep; LuaJIT gives up long before.
DEEPEST = 10_000
KINDS, COLORS, LETTERS = ("dump", "verbose"), "TAH", "tbisrmxXa"


def check(log: Log) -> None:
    """Raises Misfit."""
    form = log.form
    if form.kind not in KINDS:
        raise _misfit("there is no such kind of listing", "form", "kind")
    if len(form.color) != 1 or form.color not in COLORS:
        raise _misfit("a color is one of the letters T, A and H", "form", "color")
    if any(letter not in LETTERS for letter in form.letters):
        raise _misfit("there is no such letter", "form", "letters")
    for index, trace in enumerate(log.traces):
        _check_trace(log, index, trace)
    for at, event in enumerate(log.events):
        if not isinstance(event, Started | Recorded | Stopped | Aborted):
            continue
        if not 0 <= event.trace < len(log.traces):
            raise _misfit("there is no such trace", "events", at, "trace")
        trace = log.traces[event.trace]
        if isinstance(event, Stopped) and trace.link is None:
            raise _misfit("this trace has no link", "events", at)
        if isinstance(event, Aborted) and trace.abort is None:
            raise _misfit("this trace was not aborted", "events", at)
        if isinstance(event, Recorded) and event.count < 1:
            raise _misfit("a count is at least 1", "events", at, "count")


def _check_trace(log: Log, index: int, trace: Trace) -> None:
    if trace.link is not None and trace.abort is not None:
        raise _misfit("a trace is finished or aborted", "traces", index, "abort")
    if trace.link is not None and trace.number is None:
        raise _misfit("a finished trace has a number", "traces", index)
    for at, code in enumerate(trace.bytecode or ()):
        if not 0 <= code.depth <= DEEPEST:
            raise _misfit("this is too deep", "traces", index, "bytecode", at, "depth")
        if code.prototype is not None and not 0 <= code.prototype < len(log.prototypes):
            raise _misfit("there is no such function", "traces", index, "bytecode", at, "prototype")
    known = 0
    for at, ins in enumerate(trace.ir or ()):
        if ins.number <= known:
            raise _misfit("instructions are out of order", "traces", index, "ir", at, "number")
        known = ins.number
        if ins.bytecode is not None and not 0 <= ins.bytecode < len(trace.bytecode or ()):
            raise _misfit("there is no such bytecode", "traces", index, "ir", at, "bytecode")
    for at, snap in enumerate(trace.snapshots or ()):
        if snap.number != at:
            raise _misfit("snapshots are numbered from 0 on", "traces", index, "snapshots", at, "number")


def _misfit(message: str, *path: str | int) -> Misfit:
    found = Misfit(message)
    found.path = list(path[::-1])
    return found
