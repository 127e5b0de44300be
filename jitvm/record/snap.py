"""Snapshots: taking them, merging them, and keeping dead slots out of them.

A snapshot lists the slots that differ from what lies on the Lua stack.  Slots that the following bytecode
overwrites before reading are purged first, found by a walk over the bytecode (`usedef`):

    local t = x + 1; if c then t = 2 ... end      t is dead at the test: it is overwritten on the path taken

Two snapshots without a guard between them are one: the later replaces the earlier (`mergesnap`).  Snapshot #0
is kept, because it is where the trace starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.abort import Abort, TraceError
from ir.objects import Frame
from ir.ops import SLOAD_INHERIT, SLOAD_PARENT, SLOAD_READONLY, Op
from ir.record import replace
from ir.snapshot import Entry, SnapFlag, Snapshot
from ir.types import IRType
from jitvm.front.bytecode import BC, FORL_EXT, JUMP_BIAS, Mode
from jitvm.front.proto import UPVALUE_LOCAL, ProtoFlag
from jitvm.record.view import ProtoView, number_of

if TYPE_CHECKING:
    from jitvm.record.recorder import Recorder

FRAME, CONT, NORESTORE = int(SnapFlag.FRAME), int(SnapFlag.CONT), int(SnapFlag.NORESTORE)
LINKS = FRAME | CONT
_MODES = [(int(op.mode_a), int(op.mode_b), int(op.mode_cd)) for op in BC]
_VAR, _RBASE, _JUMP, _LIT, _FUNC = (
    int(Mode.VAR),
    int(Mode.RBASE),
    int(Mode.JUMP),
    int(Mode.LIT),
    int(Mode.FUNC),
)
_DST, _BASE, _NONE = int(Mode.DST), int(Mode.BASE), int(Mode.NONE)

# What the walk knows of a slot: bit 0 set while it is unused, any other bit once it has been overwritten.
UNKNOWN, USED = 1, 0


def snap_add(rec: Recorder) -> None:
    """Take a snapshot before the bytecode at `rec.pc`, replacing the last one if nothing can exit to it."""
    snaps = rec.cur.snaps
    builder = rec.builder
    merge = (snaps and snaps[-1].ref == rec.nins) or (rec.mergesnap and not builder.guard_emitted)
    if merge and len(snaps) == 1:
        builder.raw(Op.NOP, IRType.NIL)
        merge = False
    rec.mergesnap = False
    builder.guard_emitted = False
    if merge:
        snaps.pop()
    elif len(snaps) + 1 > rec.limits.maxsnap:
        raise Abort(TraceError.SNAPOV)
    snaps.append(_take(rec))


def _take(rec: Recorder) -> Snapshot:
    nslots = rec.baseslot + rec.maxslot
    entries = _entries(rec, nslots)
    return Snapshot(
        ref=rec.nins,
        nslots=nslots,
        topslot=_topslot(rec),
        entries=tuple(entries),
        pc=rec.pc,
        baseslot=rec.baseslot,
    )


def _entries(rec: Recorder, nslots: int) -> list[Entry]:
    found: list[Entry] = []
    retf = rec.builder.head(Op.RETF)  # A slot loaded before a return is in another frame now.
    slots, marks = rec.slots, rec.marks
    for slot in range(nslots):
        tr, mark = slots[slot], marks[slot]
        if slot == 1:  # The frame link below the trace matters only after a tail call.
            if mark & FRAME:
                found.append(Entry(1, rec.cur.k_nil, FRAME | NORESTORE))
            continue
        if tr is None:
            if not mark & LINKS:
                continue
            link = rec.view.read.u64(rec.view.base + 8 * (slot - rec.baseslot))
            tr = slots[slot] = rec.builder.knum(number_of(link))
        flags = mark
        if tr.op is Op.SLOAD and tr.args[0] == slot and tr.ref > retf:
            mode = tr.args[1]
            below_frame = slot + 1 != nslots and slot != 0 and marks[slot + 1] & LINKS
            if not mode & SLOAD_INHERIT and not below_frame:
                continue
            if mode & (SLOAD_READONLY | SLOAD_PARENT) != SLOAD_PARENT:
                flags |= NORESTORE
        found.append(Entry(slot, tr, flags))
    return found


def _topslot(rec: Recorder) -> int:
    """Highest stack slot, relative to the trace's base, that any of the inlined frames may use."""
    view = rec.view
    frame = view.base - 8
    limit = view.base - 8 * rec.baseslot + 8
    fn = view.frame_func(frame)
    top = frame + 8 * view.func_proto(fn).framesize if view.is_lua(fn) else view.top
    while frame > limit:
        link = view.link(frame)
        frame = view.frame_prev(frame)
        if link & 3 == Frame.LUA or link & 7 == Frame.CONT:
            top = max(top, frame + 8 * view.func_proto(view.frame_func(frame)).framesize)
    return min((top - limit) >> 3, 255)


# Which slots the following bytecode still reads.


def usedef(rec: Recorder, pc: int, maxslot: int, slots: list[int]) -> int:
    """Fill `slots` (nonzero: dead) for the bytecode from `pc` on; the first slot the answer holds for."""
    if maxslot == 0:
        return 0
    for slot in range(maxslot):
        slots[slot] = UNKNOWN
    for slot in rec.view.open_upvalue_slots():
        if slot < len(slots):
            slots[slot] = USED
    return _Walk(slots, maxslot).run(rec, pc)


class _Walk:
    """One pass over straight bytecode, up to the first jump, return or bytecode it does not understand."""

    __slots__ = ("maxslot", "slots")

    def __init__(self, slots: list[int], maxslot: int) -> None:
        self.slots, self.maxslot = slots, maxslot

    def use(self, slot: int) -> None:
        self.slots[slot] &= ~1

    def define(self, slot: int) -> None:
        self.slots[slot] *= 3

    def use_range(self, first: int, end: int) -> None:
        for slot in range(first, end):
            self.use(slot)

    def define_range(self, first: int, end: int) -> None:
        for slot in range(first, end):
            self.define(slot)

    def run(self, rec: Recorder, pc: int) -> int:
        read = rec.view.read.u32
        while True:
            ins = read(pc)
            pc += 4
            op = ins & 0xFF
            mode_a, mode_b, mode_cd = _MODES[op]
            if mode_b == _VAR:
                self.use(ins >> 24)
            if mode_cd == _VAR:
                self.use(ins >> 16 if mode_b == _NONE else ins >> 16 & 0xFF)
            elif mode_cd == _RBASE:
                self._concatenation(ins)
            elif mode_cd == _JUMP:
                if op != BC.UCLO:
                    return self._jump(read, pc, ins)
                if (ins >> 16) < JUMP_BIAS:
                    return self.maxslot
                pc += 4 * ((ins >> 16) - JUMP_BIAS)
            elif mode_cd == _LIT:
                if op in (BC.JFORL, BC.JITERL, BC.JLOOP):
                    return self._jump(read, pc, ins)
                if BC.RETM <= op <= BC.RET1:
                    return self._return(ins)
            elif mode_cd == _FUNC:
                return self.maxslot
            if mode_a == _VAR:
                self.use(ins >> 8 & 0xFF)
            elif mode_a == _DST:
                if op not in (BC.ISTC, BC.ISFC):
                    self.define(ins >> 8 & 0xFF)
            elif mode_a == _BASE:
                end = self._base(op, ins)
                if end is not None:
                    return end

    def _concatenation(self, ins: int) -> None:
        first, last = ins >> 24, ins >> 16 & 0xFF
        self.use_range(first, last + 1)
        self.define_range(last + 1, self.maxslot)

    def _jump(self, read, pc: int, ins: int) -> int:  # type: ignore[no-untyped-def]
        op, minslot = ins & 0xFF, ins >> 8 & 0xFF
        if BC.FORI <= op <= BC.JFORL:
            minslot += FORL_EXT
        elif BC.ITERL <= op <= BC.JITERL:
            minslot += (read(pc - 8) >> 24) - 1
        self.define_range(minslot, self.maxslot)
        return min(minslot, self.maxslot)

    def _return(self, ins: int) -> int:
        first = ins >> 8 & 0xFF
        top = self.maxslot if ins & 0xFF == BC.RETM else first + (ins >> 16) - 1
        self.define_range(0, first)
        self.use_range(first, top)
        self.define_range(max(first, top), self.maxslot)
        return 0

    def _base(self, op: int, ins: int) -> int | None:
        a, c = ins >> 8 & 0xFF, ins >> 16 & 0xFF
        if BC.CALLM <= op <= BC.ITERN:
            top = self.maxslot if op in (BC.CALLM, BC.CALLMT) or c == 0 else a + c + 1
            self.define(a + 1)
            first = a - 3 if op in (BC.ITERC, BC.ITERN) else a
            self.use_range(first, top)
            self.define_range(max(first, top), self.maxslot)
            if op in (BC.CALLT, BC.CALLMT):
                self.define_range(0, a)
                return 0
        elif op == BC.VARG:
            return self.maxslot
        elif op == BC.KNIL:
            self.define_range(a, (ins >> 16) + 1)
        elif op == BC.TSETM:
            self.use_range(a - 1, self.maxslot)
        return None


def _use_upvalues(rec: Recorder, pt: ProtoView, slots: list[int]) -> None:
    """Slots that closures made by this function may capture count as used."""
    if rec.view.proto_flags(pt.address) & ProtoFlag.CHILD:
        for child in rec.view.child_protos(pt):
            for descriptor in child.upvalues:
                if descriptor & UPVALUE_LOCAL:
                    slots[descriptor & 0xFF] = USED


def _fresh() -> list[int]:
    return [UNKNOWN] * 520


def snap_purge(rec: Recorder) -> None:
    """Forget slots that are dead at the current bytecode."""
    assert rec.pt is not None
    maxslot = rec.maxslot
    if rec.view.ins(rec.pc) & 0xFF == BC.FUNCV:
        maxslot = min(maxslot, rec.pt.numparams)
    slots = _fresh()
    first = usedef(rec, rec.pc, maxslot, slots)
    if first < maxslot:
        _use_upvalues(rec, rec.pt, slots)
        for slot in range(first, maxslot):
            if slots[slot] != USED:
                rec.put(slot, None)


def snap_shrink(rec: Recorder) -> None:
    """Drop from the last snapshot what is dead at the bytecode it resumes at."""
    assert rec.pt is not None
    snaps = rec.cur.snaps
    snap = snaps[-1]
    slots = _fresh()
    maxslot = rec.maxslot
    first = usedef(rec, snap.pc, maxslot, slots)
    if first < maxslot:
        _use_upvalues(rec, rec.pt, slots)
    low, high = first + rec.baseslot, maxslot + rec.baseslot
    kept = tuple(
        entry
        for entry in snap.entries
        if entry.slot < low or (entry.slot < high and slots[entry.slot - rec.baseslot] == USED)
    )
    snaps[-1] = replace(snap, entries=kept, nslots=high)


def dead_at_loop(rec: Recorder) -> frozenset[int]:
    """Slots of the last snapshot that are dead where the loop begins again.

    The snapshot keeps them, as LuaJIT's does; whoever leaves through the loop head need not restore them."""
    assert rec.pt is not None
    snap, maxslot = rec.cur.snaps[-1], rec.maxslot
    slots = _fresh()
    ins = rec.view.ins(snap.pc)
    if ins & 0xFF == BC.ITERN:  # It reads what lies below its results, and nothing else.
        first = ins >> 8 & 0xFF
    else:
        first = usedef(rec, snap.pc, maxslot, slots)
        if first < maxslot:
            _use_upvalues(rec, rec.pt, slots)
    return frozenset(slot + rec.baseslot for slot in range(first, maxslot) if slots[slot] != USED)
