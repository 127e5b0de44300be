"""Beginning a recording: at a hot bytecode, or where a hot exit of another trace leads.

A root trace records from the bytecode after the hot one on, so that the loop bytecode closes it at the end.

A side trace begins with the parent's picture of the stack: each slot of the exit's snapshot becomes a load
marked as inherited (`SLOAD PI`), which the backend turns into whatever register the parent left the value
in.  Values that the parent never computed, because only exits wanted them (`unmaterialised`), are built
again from their operands (PVAL).
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.expand.sunk import exit_conversions
from ir.ops import SLOAD_INHERIT, SLOAD_KEYINDEX, SLOAD_PARENT, SLOAD_READONLY, Op
from ir.record import dataclass, field
from ir.snapshot import Entry, SnapFlag, Snapshot
from ir.trace import LinkType, Trace
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, ins_ad
from jitvm.record.loops import jump_of, start_loop
from jitvm.record.recorder import MAX_SLOTS, Recorder
from jitvm.record.snap import snap_add
from jitvm.record.traverse import traverse

KEYINDEX, FRAME, CONT = int(SnapFlag.KEYINDEX), int(SnapFlag.FRAME), int(SnapFlag.CONT)
KEPT = KEYINDEX | FRAME | CONT
ALLOCATIONS = (Op.TNEW, Op.TDUP)
STORES = (Op.ASTORE, Op.HSTORE, Op.FSTORE)


def begin(rec: Recorder) -> bool:
    """Set up a recording; True if the first bytecode is to be recorded as well."""
    limits, cur = rec.limits, rec.cur
    rec.builder.instunroll, rec.loopunroll = limits.instunroll, limits.loopunroll
    rec.builder.slots = rec.slots
    rec.startpc = cur.startpc = rec.pc
    if rec.parent:
        _begin_side(rec)
        return False
    return _begin_root(rec)


# Root traces.


def _begin_root(rec: Recorder) -> bool:
    assert rec.pt is not None
    cur = rec.cur
    cur.startins = rec.view.ins(rec.pc)
    op = cur.startins & 0xFF
    _set_range(rec, cur.startins)
    snap_add(rec)
    if op == BC.FORL:
        start_loop(rec, rec.pc - 4, rec.builder.scev, init=True)
    elif op == BC.ITERC:
        rec.startpc = 0
    if 1 + rec.pt.framesize >= MAX_SLOTS:
        raise Abort(TraceError.STACKOV)
    return op == BC.ITERN


def _loop_range(rec: Recorder, pc: int, jump: int) -> None:
    """The body of the loop that the jump at `pc` closes."""
    rec.bc_min = pc + 4 + 4 * jump
    rec.bc_extent = -4 * jump


def _set_range(rec: Recorder, ins: int) -> None:
    """Step over the hot bytecode, and find the range of bytecodes and the slots of its loop."""
    assert rec.pt is not None
    pc, a, op = rec.pc, ins >> 8 & 0xFF, ins & 0xFF
    view = rec.view
    if op == BC.FORL:
        _loop_range(rec, pc, jump_of(ins))
        rec.pc = rec.bc_min
    elif op == BC.ITERL:
        rec.maxslot = a + (view.ins(pc - 4) >> 24) - 1
        _loop_range(rec, pc, jump_of(ins))
        rec.pc = rec.bc_min
    elif op == BC.ITERN:
        rec.maxslot = a
        _loop_range(rec, pc + 4, jump_of(view.ins(pc + 4)))
    elif op == BC.LOOP:
        end = pc + 4 * jump_of(ins)
        last = view.ins(end)
        if last & 0xFF == BC.JMP and jump_of(last) < 0:
            _loop_range(rec, end, jump_of(last))
        rec.maxslot = a
        rec.pc += 4
    elif op in (BC.RET, BC.RET0, BC.RET1):
        rec.maxslot = a + (ins >> 16) - 1
    elif op == BC.FUNCF:
        rec.maxslot = rec.pt.numparams
        rec.pc += 4
    else:
        assert op in (BC.CALLM, BC.CALL, BC.ITERC), f"no trace starts at bytecode {op}"
        rec.pc += 4


# Side traces.


def _begin_side(rec: Recorder) -> None:
    assert rec.pt is not None
    parent, cur = rec.context.trace(rec.parent), rec.cur
    cur.root = root = parent.root or rec.parent
    cur.startins = ins_ad(BC.JMP, 0, 0)
    snap = parent.snaps[rec.exitno]
    if rec.exitno == 0 and not parent.snaps[0].entries:
        if _follows_loop_of(rec, root):
            snap_add(rec)
            start_loop(rec, rec.pc - 4, rec.builder.scev, init=True)
        else:
            replay(rec, parent, snap)
    else:
        rec.startpc = 0  # The state is not the one at the start of the parent: no loop can be closed here.
        replay(rec, parent, snap)
    tries = rec.limits.hotexit + rec.limits.tryside
    if rec.context.side_traces(root) >= rec.limits.maxside or snap.count >= tries:
        _give_up(rec)


def _follows_loop_of(rec: Recorder, root: int) -> bool:
    """Does the exit lead to the body of the root trace's own numeric loop?"""
    assert rec.pt is not None
    if rec.pc <= rec.pt.bc:
        return False
    before = rec.view.ins(rec.pc - 4)
    return before & 0xFF == BC.JFORI and rec.view.ins(rec.pc + 4 * (jump_of(before) - 1)) >> 16 == root


def _give_up(rec: Recorder) -> None:
    """Too many attempts: the side trace only goes back to the interpreter."""
    ins = rec.view.ins(rec.pc)
    if ins & 0xFF == BC.JLOOP:
        start = rec.context.trace(ins >> 16).startins
        if start & 0xFF == BC.ITERN:
            traverse(rec, start >> 8 & 0xFF, start >> 24)
    rec.stop(LinkType.INTERP, 0)


def unmaterialised(trace: Trace) -> set[Ins]:
    """Values of a finished trace that only its exits use, and that exits compute from their operands:
    conversions of integers to numbers, and sunk allocations."""
    found = set(exit_conversions(trace))
    found.update(ins for ins in trace.sinktags if ins.op in ALLOCATIONS)
    return found


@dataclass(slots=True)
class _Replay:
    """The parent's snapshot as the beginning of this trace."""

    rec: Recorder
    parent: Trace
    snap: Snapshot
    absent: set[Ins]
    seen: dict[Ins, Ins] = field(default_factory=dict)

    def constant(self, ins: Ins) -> Ins:
        b = self.rec.builder
        match ins.op:
            case Op.KPRI:
                return b.kpri(ins.type)
            case Op.KINT:
                return b.kint(int(ins.value))
            case Op.KGC:
                return b.kgc(int(ins.value), ins.type)
            case Op.KNUM:
                return b.knum(float(ins.value))
            case Op.KINT64:
                return b.kint64(int(ins.value))
            case Op.KNULL:  # The metatable of a sunk table, taken away.
                return b.knull(ins.type)
            case _:
                assert ins.op is Op.KPTR, f"{ins} in a snapshot"
                return b.kptr(int(ins.value))

    def value(self, ins: Ins) -> Ins | None:
        """A value of the parent, wherever it is; None if it was never computed."""
        if ins.is_const:
            return self.constant(ins)
        if ins in self.absent:
            return None
        known = self.seen.get(ins)
        return known if known is not None else self.rec.emit(Op.PVAL, ins.type, ins.ref)

    def load(self, entry: Entry) -> Ins:
        ins = entry.ref
        mode = SLOAD_INHERIT | SLOAD_PARENT
        if ins.op is Op.SLOAD:
            mode |= ins.args[1] & SLOAD_READONLY
        if entry.flags & KEYINDEX:
            mode |= SLOAD_KEYINDEX
        return self.rec.builder.raw(Op.SLOAD, ins.type, entry.slot, mode)

    def slot(self, entry: Entry) -> Ins | None:
        """The value of an entry; None for those that come later."""
        ins = entry.ref
        if entry.slot == 1 and ins is self.parent.k_nil:
            return None
        if ins in self.seen:
            return self.seen[ins]
        if ins.is_const:
            tr = self.constant(ins)
        elif ins in self.absent:
            return None
        else:
            tr = self.load(entry)
        self.seen[ins] = tr
        return tr

    def stores(self, allocation: Ins) -> list[Ins]:
        """Sunk stores to a sunk allocation, before the exit."""
        tags = self.parent.sinktags
        body = self.parent.ins[allocation.ref + 1 : self.snap.ref]
        return [ins for ins in body if ins.op in STORES and tags.get(ins) is allocation]

    def operands(self, allocation: Ins) -> None:
        """PVALs for everything a sunk allocation is made of."""
        for arg in allocation.args:
            if isinstance(arg, Ins):
                self.value(arg)
        for store in self.stores(allocation):
            if self.value(store.args[1]) is None:
                self.value(store.args[1].args[0])

    def allocation(self, ins: Ins) -> Ins:
        """Emit a sunk allocation and its stores again."""
        rec = self.rec
        args = [self.value(arg) if isinstance(arg, Ins) else arg for arg in ins.args]
        table = rec.builder.emit(ins.op, ins.type, *args, guard=ins.guard)
        places: dict[Ins, Ins] = {}
        for store in self.stores(ins):
            ref = store.args[0]
            place = places.get(ref)
            if place is None:
                place = places[ref] = self.place(ref, table)
            value = self.value(store.args[1])
            if value is None:
                inner = self.value(store.args[1].args[0])
                assert inner is not None, store
                value = rec.to_num(inner)
            rec.emit(store.op, store.type, place, value)
        return table

    def place(self, ref: Ins, table: Ins) -> Ins:
        """The reference of a sunk store, into the table made anew."""
        b = self.rec.builder
        base, key = table, ref.args[1]
        if ref.op is not Op.FREF:
            if ref.op is Op.HREFK:
                key = b.kslot(self.constant(key.args[0]), key.args[1])
            else:
                key = self.constant(key)
            if ref.op in (Op.HREFK, Op.AREF):
                load = ref.args[0]
                base = b.emit(load.op, load.type, base, load.args[1], guard=load.guard)
        return b.emit(ref.op, ref.type, base, key, guard=ref.guard)


def replay(rec: Recorder, parent: Trace, snap: Snapshot) -> None:
    """Fill the slots from the parent's snapshot."""
    job = _Replay(rec, parent, snap, unmaterialised(parent))
    rec.framedepth = 0
    late: list[Entry] = []
    for entry in snap.entries:
        tr = job.slot(entry)
        if tr is None and entry.ref in job.absent:
            late.append(entry)
        rec.slots[entry.slot], rec.marks[entry.slot] = tr, entry.flags & KEPT
        if entry.flags & (CONT | FRAME) and entry.slot != 1:
            rec.framedepth += 1
        if entry.flags & FRAME:
            rec.baseslot = entry.slot + 1
    allocates = _replay_late(job, late)
    rec.maxslot = snap.nslots - rec.baseslot
    snap_add(rec)
    if allocates:
        rec.builder.raw(Op.GCSTEP, IRType.NIL, guard=True)


def _replay_late(job: _Replay, late: list[Entry]) -> bool:
    """Slots whose values the parent did not compute; True if there are allocations among them."""
    slots = job.rec.slots
    allocations: list[Entry] = []
    for entry in late:
        if entry.ref.op in ALLOCATIONS:
            if all(other.ref is not entry.ref for other in allocations):
                job.operands(entry.ref)
            allocations.append(entry)
        else:
            slots[entry.slot] = job.value(entry.ref.args[0])
    made: dict[Ins, Ins] = {}
    for entry in allocations:
        if entry.ref not in made:
            made[entry.ref] = job.allocation(entry.ref)
        slots[entry.slot] = made[entry.ref]
    return bool(allocations)
