"""How the traces of a log belong together: parents, side traces, links, exits.

    forest = Forest(log)
    forest.children(0)          [1, 4]      traces that begin at exits of the first one, or behind it
    forest.exits(0)[3].side     4           the side trace at its exit 3
    forest.linked(4)            0           where that one ends

Traces are named by their index in `log.traces`.  Their numbers are used again after a flush or an abort: a
number means the trace that last had it when the recording began.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from jitvm.model.objects import Aborted, Exited, Log, Started, Stopped, Trace


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a trace."""

    number: int
    #: Guards that leave through it, by their numbers.
    guards: tuple[int, ...] = ()
    #: Index of the side trace that goes on there.
    side: int | None = None
    #: How often it was taken to the interpreter, if that was counted.
    taken: int | None = None
    #: Recordings from here that were given up.
    failed: tuple[int, ...] = ()


class Forest:
    """The relations of one log."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._times: dict[int, list[int]] = {}  # By number of a trace: when each that had it was finished.
        self._indices: dict[int, list[int]] = {}
        self._began = list(range(len(log.traces)))
        self._counts: dict[int, dict[int, int]] = {}
        self._exits: dict[int, tuple[Exit, ...]] = {}
        self._read_events()
        self.parents = [self._parent(index) for index in range(len(log.traces))]
        self._children: dict[int, list[int]] = {}
        for index, parent in enumerate(self.parents):
            if parent is not None:
                self._children.setdefault(parent, []).append(index)

    def _read_events(self) -> None:
        started: set[int] = set()
        for at, event in enumerate(self.log.events):
            match event:
                case Started(trace=index) | Stopped(trace=index) | Aborted(trace=index):
                    if index not in started:
                        started.add(index)
                        self._began[index] = at
                    if isinstance(event, Stopped):
                        number = self.log.traces[index].number or 0
                        self._times.setdefault(number, []).append(at)
                        self._indices.setdefault(number, []).append(index)
                case Exited(number=number, exit=exit_):
                    owners = self._indices.get(number)
                    if owners:
                        counts = self._counts.setdefault(owners[-1], {})
                        counts[exit_] = counts.get(exit_, 0) + 1
                case _:
                    continue

    def _owner(self, number: int, before: int) -> int | None:
        """The trace that had a number at some time."""
        at = bisect_left(self._times.get(number, []), before)
        return self._indices[number][at - 1] if at else None

    def _parent(self, index: int) -> int | None:
        origin = self.log.traces[index].origin
        return None if origin is None else self._owner(origin.trace, self._began[index])

    # Relations.

    @property
    def roots(self) -> list[int]:
        """Finished traces that are side traces of none."""
        finished = [index for index, trace in enumerate(self.log.traces) if trace.finished]
        return [index for index in finished if self.parents[index] is None]

    def children(self, index: int) -> list[int]:
        """Recordings that began at this trace, finished or not, in their order."""
        return self._children.get(index, [])

    def linked(self, index: int) -> int | None:
        """The trace that goes on where this one ends."""
        trace = self.log.traces[index]
        if trace.link is None or trace.link.target == 0:
            return None
        if trace.link.target == trace.number:
            return index
        known = self._owner(trace.link.target, self._began[index])
        if known is None:  # Linked afterwards, as the trace behind a call is.
            known = next(iter(self._indices.get(trace.link.target, ())), None)
        return known

    def exits(self, index: int) -> tuple[Exit, ...]:
        """The exits of a trace by their numbers: one per snapshot, and others that the log mentions."""
        if index not in self._exits:
            self._exits[index] = self._gathered(index)
        return self._exits[index]

    def _gathered(self, index: int) -> tuple[Exit, ...]:
        trace = self.log.traces[index]
        sides: dict[int, int] = {}
        failed: dict[int, list[int]] = {}
        for child in self.children(index):
            origin = self.log.traces[child].origin
            if origin is None or origin.exit is None:
                continue
            if self.log.traces[child].finished:
                sides[origin.exit] = child
            else:
                failed.setdefault(origin.exit, []).append(child)
        guards, taken = guards_of(trace), self.taken(index)
        numbers = {*range(len(trace.snapshots or ())), *sides, *failed, *(taken or ())}
        return tuple(
            Exit(
                number,
                tuple(guards.get(number, ())),
                sides.get(number),
                None if taken is None else taken.get(number, 0),
                tuple(failed.get(number, ())),
            )
            for number in sorted(numbers)
        )

    def exit(self, index: int, number: int) -> Exit | None:
        """One exit of a trace."""
        return next((one for one in self.exits(index) if one.number == number), None)

    def taken(self, index: int) -> dict[int, int] | None:
        """By exit: how often it was taken to the interpreter; None if nobody counted."""
        counted = self.log.traces[index].exits_taken
        if counted is not None:
            return {number: count for number, count in enumerate(counted) if count}
        return self._counts.get(index, {}) if self._counts else None


def guards_of(trace: Trace) -> dict[int, list[int]]:
    """By exit: the guards that leave through it."""
    found: dict[int, list[int]] = {}
    snapshots = trace.snapshots or ()
    current = -1
    for ins in trace.ir or ():
        while current + 1 < len(snapshots) and snapshots[current + 1].ref <= ins.number:
            current += 1
        if ins.guard and ins.op != "LOOP":
            found.setdefault(max(current, 0), []).append(ins.number)
    return found
