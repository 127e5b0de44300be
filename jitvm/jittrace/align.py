"""Which trace of one run is which trace of another.

Numbers and addresses say nothing: two traces are the same if they begin at the same place, at the same guard
of traces that are the same.  Roots are paired by chunk and line (and, where both logs have bytecode, by the
first bytecode); side traces, within a pair, by where they begin and by the guard of their exit, then by the
number of the exit; traces behind a call by where they begin.  What is alike pairs in the order of recording.

    align(a, b).pairs       [(0, 0), (1, 2), ...]       parents before their side traces
    align(a, b).only_a      [5]                         and what begins there

Every step is linear in the number of traces.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from jitvm.model.forest import Forest
from jitvm.model.objects import Call, Constant, Instruction, Literal, Operand, Trace

Key = Callable[[Forest, int], Hashable]


@dataclass(slots=True)
class Alignment:
    """Traces by their indices in the two logs."""

    pairs: list[tuple[int, int]] = field(default_factory=list)
    only_a: list[int] = field(default_factory=list)
    only_b: list[int] = field(default_factory=list)
    a_to_b: dict[int, int] = field(default_factory=dict)


class Guards:
    """The guards of exits, described so that they can be compared between runs."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], dict[int, Hashable]] = {}

    def of(self, forest: Forest, index: int) -> Hashable:
        """Of the exit at which a side trace begins."""
        parent, origin = forest.parents[index], forest.log.traces[index].origin
        if parent is None or origin is None or origin.exit is None:
            return None
        key = (id(forest), parent)
        if key not in self._known:
            self._known[key] = _guards_of(forest, parent)
        return self._known[key].get(origin.exit)


def _guards_of(forest: Forest, index: int) -> dict[int, Hashable]:
    """By exit: its first guard."""
    by_number = {ins.number: ins for ins in forest.log.traces[index].ir or ()}
    return {
        exit_.number: guard_key(by_number[exit_.guards[0]])
        for exit_ in forest.exits(index)
        if exit_.guards
    }


def guard_key(ins: Instruction) -> Hashable:
    """Opcode, type and constants: not the numbers of its operands."""
    return (ins.op, ins.type, *[_operand_key(operand) for operand in ins.operands])


def _operand_key(operand: Operand) -> Hashable:
    match operand:
        case Literal(text=text):
            return text
        case Constant(text=text) if text[:1] not in "{[u":
            return text
        case Call(function=function):
            return function
        case _:
            return None


def first_bytecode(trace: Trace) -> Hashable:
    code = (trace.bytecode or (None,))[0]
    return None if code is None else (code.pc, code.op.lstrip("J"))


def align(a: Forest, b: Forest) -> Alignment:
    both = all(any(trace.bytecode for trace in forest.log.traces) for forest in (a, b))
    guards = Guards()
    found = Alignment()

    def begins(forest: Forest, index: int) -> Hashable:
        trace = forest.log.traces[index]
        return (trace.start, first_bytecode(trace) if both else None)

    def place(forest: Forest, index: int) -> Hashable:
        return forest.log.traces[index].start

    def exit_number(forest: Forest, index: int) -> Hashable:
        origin = forest.log.traces[index].origin
        return None if origin is None else (origin.exit is None, origin.exit)

    root_keys: list[Key] = [begins, place]
    side_keys: list[Key] = [
        lambda forest, index: (begins(forest, index), guards.of(forest, index), exit_number(forest, index)),
        lambda forest, index: (
            begins(forest, index), guards.of(forest, index), exit_number(forest, index) == (True, None)
        ),
        lambda forest, index: (place(forest, index), exit_number(forest, index)),
        lambda forest, index: (place(forest, index), exit_number(forest, index) == (True, None)),
    ]  # fmt: skip
    pending = _match(a, b, a.roots, b.roots, root_keys, found)
    while pending:
        left, right = pending.pop()
        found.pairs.append((left, right))
        found.a_to_b[left] = right
        pending += _match(a, b, finished(a, left), finished(b, right), side_keys, found)
    return found


def finished(forest: Forest, index: int) -> list[int]:
    """The traces that begin at one."""
    return [child for child in forest.children(index) if forest.log.traces[child].finished]


def _match(
    a: Forest, b: Forest, left: list[int], right: list[int], keys: list[Key], found: Alignment
) -> list[tuple[int, int]]:
    """Pairs of what has equal keys, the strictest key first; the rest is in one of the logs only."""
    pairs: list[tuple[int, int]] = []
    for key in keys:
        waiting: dict[Hashable, list[int]] = {}
        for index in reversed(right):
            waiting.setdefault(key(b, index), []).append(index)
        rest = []
        for index in left:
            partners = waiting.get(key(a, index))
            if partners:
                pairs.append((index, partners.pop()))
            else:
                rest.append(index)
        taken = {partner for _, partner in pairs}
        left, right = rest, [index for index in right if index not in taken]
    found.only_a += left
    found.only_b += right
    return sorted(pairs, reverse=True)
