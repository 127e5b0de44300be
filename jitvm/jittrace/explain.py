"""Why parts of a program were not compiled, and what to change in the script.

Aborts are gathered by where the recording began and why it ended.  A loop or function whose recordings keep
failing is tried ever more rarely and blacklisted at last; an exit is left alone after some attempts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ir.abort import TraceError
from jitvm.model.forest import Forest
from jitvm.model.objects import Origin, Place
from jitvm.report.reasons import reason_text

#: What LuaJIT and jitvm do: the first penalty, twice that for each more, and no more attempts beyond.
FIRST_PENALTY, LAST_PENALTY = 72, 60_000

#: Number of the reason: what it means, and what helps.
ADVICE: dict[TraceError, str] = {
    TraceError.RECERR: "An error was thrown while the loop was recorded: raise errors outside of hot loops.",
    TraceError.TRACEUV: "The loop body is too short to be worth a trace.",
    TraceError.TRACEOV: "The path is too long: split the function, or raise -Omaxrecord.",
    TraceError.STACKOV: "Calls are nested too deeply along the path: recurse less within the loop.",
    TraceError.SNAPOV: "Too many exits along the path: simplify conditions, or raise -Omaxsnap.",
    TraceError.BLACKL: "It runs into a loop or function that was given up for good: mend that one first.",
    TraceError.RETRY: "Recorded again at once with what was learned: nothing to do.",
    TraceError.NYIBC: "This operation is not compiled: move it out of the hot path.",
    TraceError.LLEAVE: "The loop ended while it was recorded, as loops with few iterations do: the loop "
    "around it is compiled instead.",
    TraceError.LINNER: "An inner loop comes first: it gets a trace of its own, and this one is tried again.",
    TraceError.LUNROLL: "An inner loop with few iterations was unrolled too often: unroll it by hand, or "
    "raise -Oloopunroll.",
    TraceError.BADTYPE: "A library function gets arguments of a type for which it is not compiled: convert "
    "them before the loop.",
    TraceError.CJITOFF: "jit.off was called for this function.",
    TraceError.CUNROLL: "Calls of the same function are nested: recursion on two paths; turn it into a loop, "
    "or raise -Ocallunroll.",
    TraceError.DOWNREC: "Returns of a recursion: recorded again from the return.",
    TraceError.NYIFFU: "This library function is not compiled, or not with these arguments: move it out of "
    "the hot path.",
    TraceError.NYIRETL: "The path leaves the function in which it began: put the loop and what it does "
    "into one function.",
    TraceError.STORENN: "A table is indexed with nil or NaN.",
    TraceError.NOMM: "A value without the metamethod that the operation needs: an error, or about to be one.",
    TraceError.IDXLOOP: "__index leads round in circles.",
    TraceError.NYITMIX: "The table is an array with holes: keep array and hash parts in tables of their own.",
    TraceError.GFAIL: "A condition can never hold: types change between iterations; keep them the same.",
    TraceError.PHIOV: "Too many variables change in the loop: put them into a table or split the loop.",
    TraceError.TYPEINS: "A variable changes its type in every iteration: initialise it with the type that it "
    "keeps.",
    TraceError.MCODEAL: "No room for machine code: all traces were flushed; raise -Omaxmcode.",
    TraceError.MCODEOV: "The machine code is too long: split the loop, or raise -Osizemcode.",
    TraceError.MCODELM: "No room in the current area of machine code: tried again in the next one.",
    TraceError.SPILLOV: "Too many values are alive at once: use fewer local variables in the loop.",
    TraceError.NYIIR: "Something along the path has no machine code: move it out of the hot path.",
    TraceError.NYIPHI: "Too many variables change places in the loop: split it.",
    TraceError.NYICOAL: "Values meet in too complicated a way: split the loop.",
}
ADVICE_BY_CODE = {int(error): text for error, text in ADVICE.items()}
#: The bytecodes that are not compiled.
BYTECODE_ADVICE = {
    "FNEW": "A closure is made here: make it once, before the loop, or pass what it needs as arguments.",
    "UCLO": "Variables that closures have captured go out of scope here: capture none that live in the loop.",
    "CAT": "This concatenation is not compiled: use table.concat.",
    "VARG": "This use of ... is not compiled: give the arguments names.",
    "TSETM": "A table is filled from a call with any number of results: store them one by one.",
}
NO_ADVICE = "Move the operation out of the hot path."


@dataclass(slots=True)
class Problem:
    """Recordings that began at one place and ended for one reason."""

    start: Place | None
    origin: Origin | None
    reason: str
    where: Place
    code: int | None
    count: int = 0
    #: A trace from here was finished in the end.
    solved: bool = False
    blacklisted: bool = False
    #: What the hot counter began with after the last attempt, if that is known.
    penalty: int | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return reason_text(self.reason)

    @property
    def advice(self) -> str:
        known = BYTECODE_ADVICE.get(self.title.removeprefix("NYI: bytecode "))
        return known or ADVICE_BY_CODE.get(-1 if self.code is None else self.code, NO_ADVICE)

    @property
    def fate(self) -> str:
        if self.solved:
            return "compiled in the end"
        if self.blacklisted:
            return "blacklisted"
        return "interpreted" if self.penalty is None else f"interpreted, penalty {self.penalty}"


#: Where a recording begins: index of the trace, its exit, and the place.
Beginning = tuple[int | None, int | None, Place | None]


def attempts_until_blacklisted() -> int:
    """How often a root trace may fail."""
    value, count = FIRST_PENALTY, 1
    while value <= LAST_PENALTY:
        value, count = value * 2, count + 1
    return count


def problems(forest: Forest, folder: Path | None = None) -> list[Problem]:
    """What failed, unsolved and frequent things first.  Source lines are looked up in `folder`."""
    found: dict[tuple[Beginning, str, Place], Problem] = {}
    solved: set[Beginning] = set()
    failures: dict[Beginning, int] = {}
    told: set[Beginning] = set()
    for index, trace in enumerate(forest.log.traces):
        exit_ = trace.origin.exit if trace.origin is not None else None
        beginning = (forest.parents[index], exit_, trace.start)
        if trace.finished:
            solved.add(beginning)
        abort = trace.abort
        if abort is None:
            continue
        failures[beginning] = failures.get(beginning, 0) + 1
        key = (beginning, abort.reason, abort.place)
        if key not in found:
            found[key] = Problem(trace.start, trace.origin, abort.reason, abort.place, abort.code)
        found[key].count += 1
        if abort.penalty is not None:
            found[key].penalty = abort.penalty
        if abort.blacklisted:
            told.add(beginning)
    limit = attempts_until_blacklisted()
    sources = Sources(folder)
    for (beginning, _, _), problem in found.items():
        problem.solved = beginning in solved
        # Listings do not tell, but so many attempts are granted.
        spent = problem.origin is None and failures[beginning] >= limit
        problem.blacklisted = beginning in told or spent
        problem.lines = sources.around(problem.where)
    return sorted(found.values(), key=lambda p: (p.solved, not p.blacklisted, -p.count, str(p.where)))


class Sources:
    """Lines of source files, as far as they are there."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._files: dict[str, list[str]] = {}

    def around(self, place: Place) -> list[str]:
        """The line of a place; nothing if it cannot be had."""
        lines = self._lines(place.name)
        if place.line is None or not 0 < place.line <= len(lines):
            return []
        return [lines[place.line - 1].strip()]

    def _lines(self, name: str) -> list[str]:
        if self.folder is None or not name or "/" in name:
            return []
        if name not in self._files:
            try:
                text = (self.folder / name).read_text(encoding="utf-8", errors="replace")
            except (OSError, ValueError):
                text = ""
            self._files[name] = text.splitlines()
        return self._files[name]
