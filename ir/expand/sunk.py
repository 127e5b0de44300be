"""Sunk allocations: what is left out of the function, and how an exit makes the tables again.

    0004  }  tab TNEW   #0  #1        nothing
    0006  }  num HSTORE 0005  0002    nothing
    exit with slot 3 = 0004           slot 3: a new table, and in it key "x" = the value of 0002

An exit repeats the stores between the allocation and its snapshot.  What they store has to be alive at the
exit; conversions of integers to doubles that nobody else needs are left to the exit.

Instructions that only serve sunk stores (references, loads of the table's parts) are no guards and go with
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.expand.boxing import constant_bits, to_number
from ir.fields import FL_TAB_META
from ir.ops import CONV_DST_SHIFT, Op
from ir.snapshot import Snapshot
from ir.trace import Trace
from ir.types import IRType
from ir.values import ExitSlot, Ins, SunkStore, SunkTable

if TYPE_CHECKING:
    from ir.expand.core import Expander

STORES = (Op.ASTORE, Op.HSTORE, Op.FSTORE)
NUM_INT = IRType.NUM << CONV_DST_SHIFT | IRType.INT


def left_out(trace: Trace) -> set[Ins]:
    """Sunk instructions, and those that serve them alone."""
    if not trace.sinktags:
        return set()
    found = set(trace.sinktags)
    for ins in trace.ins[1:]:
        if ins not in found and any(isinstance(arg, Ins) and arg in found for arg in ins.args):
            assert not ins.guard and ins.op is not Op.PHI, f"{ins} needs a sunk allocation"
            found.add(ins)
    return found


def exit_conversions(trace: Trace) -> set[Ins]:
    """Conversions of integers to doubles that only exits want: an exit does that itself, while it restores.

    A side trace that needs such a value inherits the integer (PVAL) and converts it."""
    found = {ins for ins in trace.ins if ins.op is Op.CONV and ins.args[1] == NUM_INT}
    for ins in trace.ins:
        if ins in trace.sinktags:
            continue
        for arg in ins.args:
            if isinstance(arg, Ins):
                found.discard(arg)
    return found


def unmade(trace: Trace) -> set[Ins]:
    """Strings that nobody wants but one BUFPUT: they need not be made, their parts are put.

    Not those made before the loop and put in it, again and again."""
    found: set[Ins] = set()
    seen: set[Ins] = set()
    for ins in trace.ins:
        for arg in ins.args:
            if not isinstance(arg, Ins) or (arg.op is not Op.TOSTR and arg.op is not Op.SNEW):
                continue
            if ins.op is Op.BUFPUT and arg not in seen and (arg.ref > trace.loop or ins.ref < trace.loop):
                found.add(arg)
            else:
                found.discard(arg)
            seen.add(arg)
    for snap in trace.snaps:
        found.difference_update(entry.ref for entry in snap.entries)
    return found


def sunk_table(x: Expander, allocation: Ins, snap: Snapshot, origins: dict[int, Ins]) -> SunkTable:
    """What an exit through `snap` has to make."""
    tags = x.trace.sinktags
    stores = tuple(
        _store(x, ins, origins)
        for ins in x.trace.ins[allocation.ref + 1 : snap.ref]
        if tags.get(ins) is allocation and _is_content(ins)
    )
    if allocation.op is Op.TDUP:
        return SunkTable(int(allocation.args[0].value), 0, 0, stores)
    assert allocation.op is Op.TNEW, allocation
    return SunkTable(0, allocation.args[0], allocation.args[1], stores)


def _is_content(ins: Ins) -> bool:
    """A store that has to be repeated.  What it says about metamethods need not be: any store says so."""
    return ins.op in STORES and (ins.op is not Op.FSTORE or ins.args[0].args[1] == FL_TAB_META)


def _store(x: Expander, store: Ins, origins: dict[int, Ins]) -> SunkStore:
    ref, value = store.args
    if store.op is Op.FSTORE:
        return SunkStore(None, _stored(x, value, origins))
    key = ref.args[1]
    return SunkStore(constant_bits(key.args[0] if key.op is Op.KSLOT else key), _stored(x, value, origins))


def _stored(x: Expander, value: Ins, origins: dict[int, Ins]) -> ExitSlot:
    if value in x.deferred or value.is_const or not _is_stale(x, value):
        slot, origin = x.exit_slot(0, value)
        if slot.value is not None:
            origins[origin] = slot.value
        return slot
    current = to_number(x, x.value(value.args[0]))
    origins[value.ref] = current
    return ExitSlot(0, current, value.type)


def _is_stale(x: Expander, value: Ins) -> bool:
    """In the loop, a conversion made before it of what has changed since."""
    converts = value.op is Op.CONV and value.args[1] == NUM_INT
    return x.generation == 1 and converts and value.ref < x.trace.loop and not value.phi and value.args[0].phi
