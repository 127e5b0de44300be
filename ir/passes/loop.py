"""Loop optimisation: unroll once by copy substitution; what repeats unchanged is invariant.

The recorded instructions are the first iteration.  After the LOOP marker each one is emitted again through
the builder, its operands replaced by what they have become: folding, CSE and forwarding find whatever the
first iteration computed already, which thereby is hoisted, guards included.

    0001    int SLOAD  #4    CI           (i)
    0002  + int ADD    0001  +1
    0003 >  int LE     0002  +100
    0004 ------ LOOP ------------
    0005  + int ADD    0002  +1           0001 became 0002: the slot's value at the end of the iteration
    0006 >  int LE     0005  +100
    0007    int PHI    0002  0005

A value of the first iteration that the second one reads is loop-carried: it gets a PHI, unless that turns
out to be redundant.  If its type changes (other than between integers and doubles, where a conversion helps),
the loop cannot be closed here: the caller goes on recording, up to a limit.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.builder import DROPPED, TraceBuilder
from ir.enums import Enum
from ir.ops import CONV_CHECK, Op
from ir.passes.narrow import CONV_INT_NUM, CONV_NUM_INT
from ir.snapshot import Entry, SnapFlag, Snapshot
from ir.types import IRType
from ir.values import Ins

MAX_PHI = 64
_NARROW_INTS = (IRType.I8, IRType.U8, IRType.I16, IRType.U16, IRType.INT)
_CALLS = (Op.CALLN, Op.CALLA, Op.CALLL, Op.CALLS, Op.CALLXS, Op.CARG)


class LoopResult(Enum):
    """What became of the loop."""

    CLOSED = 1
    UNROLL = 2  # Undone; record one more iteration.


def loop_opt(b: TraceBuilder, nslots: int) -> LoopResult:
    """Unroll the recorded loop.  `b.slots` up to `nslots` are the values at its end.

    UNROLL: a type changes or a guard must fail in the second iteration, but that may settle in the next one.
    Nothing has been changed.  After `b.instunroll` such attempts the abort is final.
    """
    nins, nsnaps = b.trace.nins, len(b.trace.snaps)
    try:
        _Loop(b, nslots).unroll()
    except Abort as abort:
        if abort.error not in (TraceError.TYPEINS, TraceError.GFAIL):
            raise
        b.instunroll -= 1
        if b.instunroll < 0:
            raise
        _undo(b, nins, nsnaps)
        return LoopResult.UNROLL
    return LoopResult.CLOSED


def _undo(b: TraceBuilder, nins: int, nsnaps: int) -> None:
    del b.trace.snaps[nsnaps:]
    b.trace.loop = 0
    b.guard_emitted = False
    b.rollback(nins)
    b.backprop.drop_from(nins)
    for ins in b.trace.ins:
        ins.phi = False


class _Loop:
    """State of one unrolling."""

    def __init__(self, b: TraceBuilder, nslots: int) -> None:
        self.b, self.nslots = b, nslots
        self.invar = b.trace.nins  # Ref of LOOP: everything below is of the first iteration.
        self.subst: list[Ins] = [b.trace.ins[0]]  # By ref: what a value of the first iteration has become.
        self.phis: list[Ins] = []  # Candidates: left operands.
        self.first_snap = len(b.trace.snaps)

    def unroll(self) -> None:
        b, trace = self.b, self.b.trace
        trace.loop = b.raw(Op.LOOP, IRType.NIL, guard=True).ref
        loop_snap = trace.snaps[-1]
        number = 1  # Snapshot 0 stands for the entry.
        for ins in trace.ins[1 : self.invar]:
            if number < self.first_snap and ins.ref >= trace.snaps[number].ref:
                self.substitute_snapshot(trace.snaps[number], loop_snap)
                number += 1
            first = trace.nins
            self.subst.append(self.substitute(ins))
            if trace.copies is not None:
                trace.copies.update(dict.fromkeys(range(first, trace.nins), ins.ref))
        if not b.guard_emitted:
            trace.snaps.pop()
        self.emit_phis()

    def substitute(self, ins: Ins) -> Ins:
        """The second iteration's version of an instruction."""
        subst = self.subst
        args = tuple([subst[a.ref] if a.__class__ is Ins and a.ref >= 0 else a for a in ins.args])
        kind = ins.op.kind
        if kind[0] in "NCR" and args == ins.args:
            return ins
        new = self.b.fold(Ins(ins.op, ins.type, args, ins.guard))
        if new is ins or new is DROPPED:
            return new
        if new.ref < self.invar:
            return self.carried(ins, new)
        if new.op is Op.CONV:
            self.carry_operand(new.args[0])
        elif new.op is Op.ALEN:
            self.carry_operand(new.args[1])
        return new

    def carried(self, ins: Ins, new: Ins) -> Ins:
        """A value of the first iteration replaces `ins` in the second."""
        if not new.is_const and not new.phi and not new.type.is_primitive:
            self.add_phi(new)
        if ins.type is new.type or (ins.type in _NARROW_INTS and new.type in _NARROW_INTS):
            return new
        if ins.type is IRType.NUM and new.type in _NARROW_INTS:
            new = self.b.emit(Op.CONV, IRType.NUM, new, CONV_NUM_INT)
        elif new.type is IRType.NUM and ins.type in _NARROW_INTS:
            new = self.b.emit(Op.CONV, IRType.INT, new, CONV_INT_NUM | CONV_CHECK, guard=True)
        else:
            raise Abort(TraceError.TYPEINS)
        self.carry_operand(new)
        return new

    def carry_operand(self, ref: Ins) -> None:
        """A conversion or hint of the second iteration may read the first one's value."""
        if 0 <= ref.ref < self.invar and not ref.phi:
            self.add_phi(ref)

    def add_phi(self, left: Ins) -> None:
        left.phi = True
        if len(self.phis) >= MAX_PHI:
            raise Abort(TraceError.PHIOV)
        self.phis.append(left)

    def substitute_snapshot(self, old: Snapshot, loop_snap: Snapshot) -> None:
        """The second iteration's version of a snapshot; the one at the loop's end has the slots it lacks."""
        b, snaps = self.b, self.b.trace.snaps
        merged = {entry.slot: entry for entry in loop_snap.entries if entry.slot < old.nslots}
        for entry in old.entries:
            ref = entry.ref
            if not ref.is_const:
                flags = entry.flags & ~SnapFlag.NORESTORE
                entry = Entry(entry.slot, self.subst[ref.ref], flags)
            merged[entry.slot] = entry
        entries = tuple([merged[slot] for slot in sorted(merged)])
        new = Snapshot(b.trace.nins, old.nslots, old.topslot, entries, old.pc, old.baseslot, old.frames)
        if b.guard_emitted:
            snaps.append(new)
        else:
            snaps[-1] = new
        b.guard_emitted = False

    # PHIs.

    def emit_phis(self) -> None:
        """Emit the PHIs that are needed, drop the others."""
        marked = self.mark_redundant()
        if marked:
            self.unmark_used(marked)
        self.add_slot_phis(marked)
        self.propagate(marked)
        for left in self.phis:
            if left in marked:
                left.phi = False
                continue
            right = self.subst[left.ref]
            if right.ref > self.invar:
                right.phi = True
            self.b.raw(Op.PHI, left.type, left, right)

    def mark_redundant(self) -> set[Ins]:
        """Drop invariant candidates; mark those that do not feed themselves, which may be unused."""
        marked: set[Ins] = set()
        kept: list[Ins] = []
        for left in self.phis:
            right = self.subst[left.ref]
            if left is right or right is DROPPED:
                left.phi = False
                continue
            kept.append(left)
            if left not in right.args:
                marked.add(left)
        self.phis = kept
        return marked

    def unmark_used(self, marked: set[Ins]) -> None:
        """Whatever the loop or its snapshots read is needed."""
        for ins in self.b.trace.ins[self.invar + 1 :]:
            marked.difference_update(ins.args)
            if ins.op in _CALLS and ins.args[0].ref < self.invar:
                self.unmark_arguments(ins.args[0], marked)
        for snap in self.b.trace.snaps[self.first_snap :]:
            marked.difference_update([entry.ref for entry in snap.entries])

    def unmark_arguments(self, arg: Ins, marked: set[Ins]) -> None:
        """Arguments of a call whose CARGs are invariant."""
        while arg.op is Op.CARG:
            marked.difference_update(arg.args)
            arg = arg.args[0]

    def add_slot_phis(self, marked: set[Ins]) -> None:
        """Slots that vary, but that the loop never loads: exits need them."""
        for ref in self.b.slots[1 : self.nslots]:
            while ref is not None and 0 <= ref.ref < self.invar and ref is not self.subst[ref.ref]:
                marked.discard(ref)
                if ref.phi or ref.type.is_primitive:
                    break
                self.add_phi(ref)
                ref = self.subst[ref.ref]

    def propagate(self, marked: set[Ins]) -> None:
        """What a needed PHI takes over is needed too."""
        changed = bool(marked)
        while changed:
            changed = False
            for left in self.phis:
                if left not in marked and self.subst[left.ref] in marked:
                    marked.discard(self.subst[left.ref])
                    changed = True
