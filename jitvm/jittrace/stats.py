"""Numbers of a run: recordings, how traces end, what failed, exits that never got a side trace."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from jitvm.jittrace.names import guard_name
from jitvm.model.forest import Forest
from jitvm.model.objects import Flushed, Place, Trace
from jitvm.report.reasons import reason_text

HOTTEST = 10


@dataclass(frozen=True, slots=True)
class HotExit:
    """An exit that leads to the interpreter."""

    trace: Trace
    number: int
    guard: str
    place: Place | None
    taken: int
    failed: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """What there is to count."""

    recordings: int
    roots: int
    sides: int
    stitched: int
    aborts: int
    unfinished: int
    flushes: int
    instructions: int
    code: int
    exits: int
    #: None: nobody counted.
    exits_taken: int | None
    links: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    hottest: tuple[HotExit, ...]


def statistics(forest: Forest) -> Statistics:
    traces = forest.log.traces
    finished = [trace for trace in traces if trace.finished]
    hot, taken, counted = _exits(forest)
    reasons = Counter(reason_text(trace.abort.reason) for trace in traces if trace.abort is not None)
    links = Counter(trace.link.type for trace in finished if trace.link is not None)
    return Statistics(
        recordings=len(traces),
        roots=sum(trace.origin is None for trace in finished),
        sides=sum(trace.origin is not None and trace.origin.exit is not None for trace in finished),
        stitched=sum(trace.origin is not None and trace.origin.exit is None for trace in finished),
        aborts=sum(reasons.values()),
        unfinished=sum(not trace.finished and trace.abort is None for trace in traces),
        flushes=sum(isinstance(event, Flushed) for event in forest.log.events),
        instructions=sum(len(trace.ir or ()) for trace in finished),
        code=sum(trace.code.size for trace in finished if trace.code is not None),
        exits=sum(len(trace.snapshots or ()) for trace in finished),
        exits_taken=taken if counted else None,
        links=tuple(links.most_common()),
        reasons=tuple(reasons.most_common()),
        hottest=tuple(hot[:HOTTEST]),
    )


def _exits(forest: Forest) -> tuple[list[HotExit], int, bool]:
    """Exits without a side trace, the most frequent first; all that were taken; whether anybody counted."""
    hot: list[HotExit] = []
    total, counted = 0, False
    for index, trace in enumerate(forest.log.traces):
        if not trace.finished:
            continue
        snapshots = trace.snapshots or ()
        for exit_ in forest.exits(index):
            counted = counted or exit_.taken is not None
            total += exit_.taken or 0
            if exit_.side is None and exit_.taken:
                place = snapshots[exit_.number].place if exit_.number < len(snapshots) else None
                guard = guard_name(forest, index, exit_.number)
                hot.append(HotExit(trace, exit_.number, guard, place, exit_.taken, len(exit_.failed)))
    hot.sort(key=lambda one: (-one.taken, one.trace.number or 0, one.number))
    return hot, total, counted
