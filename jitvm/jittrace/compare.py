"""Two runs compared: for each trace the first level at which it differs.

    shape       a trace is in one run only
    link        what happens at its end
    aborts      recordings that were given up: where, why, how often
    bytecode    the path that was recorded
    snapshots   how many, and which slots they restore
    ir          instructions, and the values in the snapshots
    registers   where values are
    mcode       machine instructions

Later levels follow from earlier ones, which is why only the first is told.  A level is compared only where
both logs have it.  Real LuaJIT varies from run to run: given several runs of a side, differences that are
not in every one of them are set apart as unstable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from jitvm.jittrace.align import Alignment, align
from jitvm.jittrace.names import link_name, trace_name
from jitvm.jittrace.normal import bytecode_path, machine_code, normal_ir, registers, snapshot_shapes
from jitvm.model.forest import Forest
from jitvm.model.objects import Log, Trace
from jitvm.report.reasons import reason_text

LEVELS = ("shape", "link", "aborts", "bytecode", "snapshots", "ir", "registers", "mcode")
DEFAULT_LEVEL = "ir"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference of a trace."""

    level: str
    #: What the trace is: where its root begins, then the exits that lead to it.
    path: str
    #: Text of what differs on either side; empty if there is nothing.
    a: str
    b: str
    #: Which entry of the level it is, counted from 1; 0: the whole.
    at: int = 0

    @property
    def identity(self) -> tuple[str, str]:
        return self.path, self.level


@dataclass(frozen=True, slots=True)
class Pair:
    """A trace of both runs, or of one of them, with what is different about it."""

    path: str
    depth: int
    a: Trace | None
    b: Trace | None
    difference: Difference | None = None

    @property
    def mark(self) -> str:
        if self.a is None:
            return "+"
        if self.b is None:
            return "-"
        return "=" if self.difference is None else "~"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All traces of two runs, parents before their side traces."""

    level: str
    pairs: tuple[Pair, ...]
    #: Aborts at places where no trace of both runs begins.
    aborts: tuple[Difference, ...] = ()

    @property
    def differences(self) -> list[Difference]:
        return [*self.aborts, *[pair.difference for pair in self.pairs if pair.difference is not None]]

    @property
    def equal(self) -> bool:
        return not self.differences


@dataclass(slots=True)
class Several:
    """One comparison, and which of its differences are not in every pair of runs."""

    first: Comparison
    runs: int = 1
    #: How many pairs of runs have a difference, by its identity; all that were ever seen.
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    known: dict[tuple[str, str], Difference] = field(default_factory=dict)

    @property
    def stable(self) -> list[Difference]:
        return [one for identity, one in self.known.items() if self.counts[identity] == self.runs]

    @property
    def unstable(self) -> list[tuple[Difference, int]]:
        return [
            (one, self.counts[identity])
            for identity, one in self.known.items()
            if self.counts[identity] < self.runs
        ]


def compare_runs(a: list[Log], b: list[Log], level: str = DEFAULT_LEVEL) -> Several:
    """The first run of each side with all runs of the other."""
    forests_a, forests_b = [Forest(log) for log in a], [Forest(log) for log in b]
    pairs = [(forests_a[0], one) for one in forests_b] + [(one, forests_b[0]) for one in forests_a[1:]]
    found = [compare(left, right, level) for left, right in pairs]
    several = Several(found[0], len(found))
    for comparison in found:
        for difference in comparison.differences:
            several.known.setdefault(difference.identity, difference)
        several.counts.update({difference.identity for difference in comparison.differences})
    return several


def compare(a: Forest, b: Forest, level: str = DEFAULT_LEVEL) -> Comparison:
    alignment = align(a, b)
    comparer = _Comparer(a, b, alignment, LEVELS.index(level))
    pairs = tuple(comparer.pairs())
    return Comparison(level, pairs, tuple(comparer.other_aborts()))


Aborts = Counter[tuple[str, str]]


class _Comparer:
    """Goes through the aligned traces from the roots on."""

    def __init__(self, a: Forest, b: Forest, alignment: Alignment, last: int) -> None:
        self.a, self.b, self.alignment, self.last = a, b, alignment, last
        self.paths_a, self.paths_b = _Paths(a), _Paths(b)
        self.aborts_a, self.aborts_b = _aborts(a), _aborts(b)

    def pairs(self) -> Iterator[Pair]:
        """In the order of the first log, what only the second has behind its siblings."""
        partner = self.alignment.a_to_b
        only_b: dict[int | None, list[int]] = {}
        for index in self.alignment.only_b:
            only_b.setdefault(self.b.parents[index], []).append(index)
        pending = _stack(self.a.roots, partner, only_b.get(None, []), 0)
        while pending:
            left, right, depth = pending.pop()
            yield self.pair(left, right, depth)
            below = _finished(self.a, left)
            extra = only_b.get(right, []) if left is not None else _finished(self.b, right)
            pending += _stack(below, partner, extra if right is not None else [], depth + 1)

    def pair(self, left: int | None, right: int | None, depth: int) -> Pair:
        a = self.a.log.traces[left] if left is not None else None
        b = self.b.log.traces[right] if right is not None else None
        path = self.paths_a.of(left) if left is not None else self.paths_b.of(right or 0)
        if a is None or b is None:
            difference = Difference("shape", path, _shown(a), _shown(b))
        else:
            found = self.difference(left or 0, right or 0, path)
            return Pair(path, depth, a, b, found)
        return Pair(path, depth, a, b, difference)

    def difference(self, left: int, right: int, path: str) -> Difference | None:
        """The first level at which two traces differ."""
        a, b = self.a.log.traces[left], self.b.log.traces[right]
        if self.last >= 1 and not self.same_link(left, right):
            return Difference("link", path, link_name(a.link, a.number), link_name(b.link, b.number))
        if self.last >= 2:
            found = _first("aborts", path, *self.abort_lines(left, right))
            if found is not None:
                return found
        for level, lines, known in CONTENTS:
            if LEVELS.index(level) > self.last:
                break
            if known(a) and known(b):
                found = _first(level, path, lines(a), lines(b))
                if found is not None:
                    return found
        return None

    def same_link(self, left: int, right: int) -> bool:
        """The same kind of link, to traces that are paired."""
        a, b = self.a.log.traces[left].link, self.b.log.traces[right].link
        if a is None or b is None or a.type != b.type:
            return a is b
        target_a, target_b = self.a.linked(left), self.b.linked(right)
        if target_a in (None, left) or target_b in (None, right):
            # Listings do not tell a link to the trace itself from none.
            return target_a in (None, left) and target_b in (None, right)
        return self.alignment.a_to_b.get(target_a or 0) == target_b

    def abort_lines(self, left: int, right: int) -> tuple[list[str], list[str]]:
        """Attempts at the exits of two traces, and at their beginning if they are roots."""
        lines = []
        nothing: Aborts = Counter()
        for forest, index, aborts in ((self.a, left, self.aborts_a), (self.b, right, self.aborts_b)):
            trace, found = forest.log.traces[index], aborts.pop(("trace", index), nothing)
            if trace.origin is None:
                found = found + aborts.pop(("place", str(trace.start)), nothing)
            lines.append(_abort_lines(found))
        return lines[0], lines[1]

    def other_aborts(self) -> Iterator[Difference]:
        """Where nothing was ever finished."""
        if self.last < 2:
            return
        places = [key for key in (*self.aborts_a, *self.aborts_b) if key[0] == "place"]
        for key in dict.fromkeys(places):
            nothing: Aborts = Counter()
            a, b = self.aborts_a.get(key, nothing), self.aborts_b.get(key, nothing)
            found = _first("aborts", str(key[1]), _abort_lines(a), _abort_lines(b))
            if found is not None:
                yield found


def _stack(
    left: list[int], partner: dict[int, int], only_b: list[int], depth: int
) -> list[tuple[int | None, int | None, int]]:
    found: list[tuple[int | None, int | None, int]] = [(index, partner.get(index), depth) for index in left]
    found += [(None, index, depth) for index in only_b]
    return found[::-1]


def _finished(forest: Forest, index: int | None) -> list[int]:
    if index is None:
        return []
    return [child for child in forest.children(index) if forest.log.traces[child].finished]


def _shown(trace: Trace | None) -> str:
    return "" if trace is None else f"{trace_name(trace)} {link_name(trace.link, trace.number)}"


#: Levels of what a trace contains: lines to compare, and whether a log has it.
CONTENTS: tuple[tuple[str, Callable[[Trace], list[str]], Callable[[Trace], bool]], ...] = (
    ("bytecode", bytecode_path, lambda trace: trace.bytecode is not None),
    ("snapshots", snapshot_shapes, lambda trace: trace.snapshots is not None),
    ("ir", normal_ir, lambda trace: trace.ir is not None and trace.snapshots is not None),
    ("registers", registers, lambda trace: trace.registers),
    ("mcode", machine_code, lambda trace: trace.code is not None),
)
assert [level for level, _, _ in CONTENTS] == list(LEVELS[3:])


def _first(level: str, path: str, a: list[str], b: list[str]) -> Difference | None:
    if a == b:
        return None
    for at, (ours, theirs) in enumerate(zip_longest(a, b, fillvalue=""), 1):
        if ours != theirs:
            return Difference(level, path, ours, theirs, at)
    raise AssertionError(f"{level} of {path} differs nowhere")


def _aborts(forest: Forest) -> dict[tuple[str, object], Aborts]:
    """By the trace at whose exit a recording began, or by the place: how often it failed where and why."""
    found: dict[tuple[str, object], Aborts] = {}
    for index, trace in enumerate(forest.log.traces):
        if trace.abort is None:
            continue
        parent = forest.parents[index]
        key = ("trace", parent) if parent is not None else ("place", str(trace.start))
        exit_ = trace.origin.exit if trace.origin is not None else None
        where = f"exit {exit_}" if exit_ is not None else ("stitched" if trace.origin else "start")
        reason = f"{reason_text(trace.abort.reason)} at {trace.abort.place}"
        found.setdefault(key, Counter())[where, reason] += 1
    return found


def _abort_lines(aborts: Aborts) -> list[str]:
    return [f"{where}: {reason} ({count}x)" for (where, reason), count in sorted(aborts.items())]


class _Paths:
    """What traces are called, independent of their numbers."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self._names: dict[int, str] = {}
        self._count: Counter[str] = Counter()
        pending = list(forest.roots[::-1])
        while pending:
            index = pending.pop()
            self._names[index] = self._unique(self._name(index))
            pending += _finished(forest, index)[::-1]

    def of(self, index: int) -> str:
        return self._names[index]

    def _name(self, index: int) -> str:
        trace, parent = self.forest.log.traces[index], self.forest.parents[index]
        if parent is None or trace.origin is None or parent not in self._names:
            return str(trace.start)
        way = "stitch" if trace.origin.exit is None else f"exit {trace.origin.exit}"
        return f"{self._names[parent]} / {way} {trace.start}"

    def _unique(self, name: str) -> str:
        self._count[name] += 1
        return name if self._count[name] == 1 else f"{name} #{self._count[name]}"
