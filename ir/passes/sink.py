"""Allocation sinking: a table that does not leave the trace is only made at the exits that need it.

    local p = {x = i}; n = n + p.x      the load is forwarded from the store, so nothing reads the table

Stores to such a table are sunk with it; an exit whose snapshot holds the table makes it and repeats them.
The marks below say which allocations must stay:

- what a guard, a remaining load, a call or a USTORE uses;
- a stored value, which in turn keeps what it is computed from;
- stores with a key that is not constant, or to an address that is no new table;
- in a loop: a new table that is loop-carried, unless both iterations make one, with values that are invariant
  or loop-carried themselves, and as many of these on either side;
- without a loop: what the last snapshot, the trace's normal end, holds.

The result is `trace.sinktags`: sunk allocation, store, NEWREF or PHI -> the allocation.
"""

from __future__ import annotations

from ir.builder import TraceBuilder
from ir.fields import FL_TAB_META
from ir.ops import Op
from ir.passes.flags import OptFlag
from ir.passes.narrow import CONV_NUM_INT
from ir.trace import Trace
from ir.values import Ins

_NEEDED = OptFlag.SINK | OptFlag.FWD | OptFlag.DCE | OptFlag.CSE | OptFlag.FOLD
_ALLOCATIONS = (Op.TNEW, Op.TDUP, Op.CNEW)
_STORES = (Op.ASTORE, Op.HSTORE, Op.FSTORE, Op.XSTORE)
_REFERENCES = (Op.HREF, Op.NEWREF, Op.FREF, Op.ADD)
#: Steps spent on finding out whether a value depends on a PHI.
_EFFORT = 64


def sink(b: TraceBuilder) -> None:
    """Mark what cannot be sunk, tag the rest."""
    if b.flags & _NEEDED != _NEEDED or not any(b.chain[op] for op in _ALLOCATIONS):
        return
    marks = _Marks(b.trace)
    if not b.trace.loop:
        marks.add_all([entry.ref for entry in b.trace.snaps[-1].entries])
    marks.walk()
    if b.trace.loop:
        marks.balance_phis()
    _tag(b.trace, marks.marked)


def allocation_of(store: Ins) -> Ins | None:
    """The new table that a store with a constant key goes to."""
    ref: Ins = store.args[0]
    if ref.op in (Op.HREFK, Op.AREF):
        base: Ins = ref.args[0]
    elif ref.op in _REFERENCES:
        base = ref
    else:
        return None
    if ref.op is not Op.FREF and not ref.args[1].is_const:
        return None
    allocation: Ins = base.args[0]
    return allocation if allocation.op in _ALLOCATIONS else None


class _Marks:
    """Instructions that keep an allocation where it is."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.marked: set[Ins] = set()
        self.phi_values: dict[Ins, int] = {}  # Loop-carried values stored, per allocation.

    def add_all(self, args: list[Ins] | tuple[object, ...]) -> None:
        for arg in args:
            if isinstance(arg, Ins):
                self.marked.add(arg)

    def walk(self) -> None:
        """From the end to the start, so that marks reach what is used before it is looked at."""
        for ins in reversed(self.trace.ins[1:]):
            match ins.op:
                case Op.ALOAD | Op.HLOAD | Op.XLOAD | Op.TBAR | Op.ALEN:
                    self.marked.add(ins.args[0])
                case Op.FLOAD:
                    if ins in self.marked or ins.args[1] == FL_TAB_META:
                        self.marked.add(ins.args[0])
                case Op.ASTORE | Op.HSTORE | Op.FSTORE | Op.XSTORE:
                    self.mark_store(ins)
                case Op.USTORE:
                    self.marked.add(ins.args[1])
                case Op.CALLS:
                    self.marked.add(ins.args[0])
                case Op.PHI:
                    left, right = ins.args
                    if left.op is not right.op or left.op not in _ALLOCATIONS:
                        self.add_all(ins.args)
                case _:
                    if ins in self.marked or ins.guard:
                        self.add_all(ins.args)

    def mark_store(self, store: Ins) -> None:
        allocation = allocation_of(store)
        value = store.args[1]
        if allocation is None or (allocation.phi and not self.may_sink_with(allocation, value)):
            self.marked.add(store.args[0])
        self.marked.add(value)

    def may_sink_with(self, allocation: Ins, value: Ins) -> bool:
        """May a loop-carried table hold this value?"""
        if value.is_const:
            return True
        if value.phi or (value.op is Op.CONV and value.args[1] == CONV_NUM_INT and value.args[0].phi):
            self.phi_values[allocation] = self.phi_values.get(allocation, 0) + 1
            return True
        return value.ref < self.trace.loop and not self.depends_on_phi(value, [_EFFORT])

    def depends_on_phi(self, value: Ins, effort: list[int]) -> bool:
        if not effort[0]:
            return True
        effort[0] -= 1
        if value.phi:
            return True
        inputs = [arg for arg in value.args if isinstance(arg, Ins) and arg.ref > 0]
        return any(self.depends_on_phi(arg, effort) for arg in inputs)

    def balance_phis(self) -> None:
        """Both sides of a PHI are sunk, or neither."""
        changed = True
        while changed:
            changed = False
            for phi in reversed(self.trace.phis):
                left, right = phi.args
                agree = (left in self.marked) is (right in self.marked)
                if agree and self.phi_values.get(left, 0) == self.phi_values.get(right, 0):
                    continue
                changed = changed or left not in self.marked or right not in self.marked
                self.add_all(phi.args)


def _tag(trace: Trace, marked: set[Ins]) -> None:
    """A sunk allocation cannot fail any more, so it is no guard."""
    tags = trace.sinktags
    for ins in trace.ins[1:]:
        if ins.op in _ALLOCATIONS:
            if ins not in marked:
                ins.guard = False
                tags[ins] = ins
        elif ins.op in _STORES:
            allocation = allocation_of(ins)
            if allocation is not None and allocation not in marked:
                tags[ins] = allocation
        elif ins.op is Op.NEWREF:
            if ins.args[0] not in marked:
                tags[ins] = ins.args[0]
        elif ins.op is Op.PHI:
            right = ins.args[1]
            if right not in marked and right.op in _ALLOCATIONS:
                tags[ins] = right
