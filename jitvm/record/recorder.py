"""The recorder: turns bytecodes about to be executed into guarded IR, as LuaJIT's recorder does.

The interpreter calls `step` before each bytecode.  The recorder keeps its own picture of the Lua stack,
`slots`: for each slot the IR instruction that computes its value, or None while nothing is known of it.
Reading an unknown slot emits a load with a guard for the type seen now; writing only changes the picture.
The memory of the stack is written at exits, from snapshots of this picture.

    for i = 1, n do s = s + i end          slots of the body      i: 0004 ADD 0001 +1
                                                                   s: 0003 ADD 0002 0001

Slot numbers are relative to the frame in which the trace started: slot 0 is its function, 1 its frame link,
2 its first local (`baseslot`).  Calls made while recording move `baseslot` up, so inlined frames lie above
one another.

Invariants: `marks` says which slots are frame links, continuations or key indexes; a frame link has no
instruction until a snapshot needs it.  Nothing is written to the heap, except for temporary patches
which `undo_patch` takes back.  Giving up raises `Abort`.
Not here: how each bytecode is recorded (the sister modules, by `@record`), optimisation, machine code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ir.abort import Abort, TraceError
from ir.builder import TraceBuilder
from ir.enums import IntEnum
from ir.ops import CONV_SRC_MASK, SLOAD_READONLY, SLOAD_TYPECHECK, Op
from ir.passes.flags import OptFlag
from ir.record import dataclass, field
from ir.snapshot import SnapFlag
from ir.trace import LinkType, Trace
from ir.types import IRTYPES, TAG_SHIFT, IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, Mode
from jitvm.record.snap import snap_add, snap_purge
from jitvm.record.view import POINTER, TAGS, ProtoView, View, boxed, irt_of, number_of, pointer_of

INT, NUM, STR, TAB, FUNC, P64 = IRType.INT, IRType.NUM, IRType.STR, IRType.TAB, IRType.FUNC, IRType.P64
NIL, FALSE, TRUE = IRType.NIL, IRType.FALSE, IRType.TRUE
FRAME, CONT, KEYINDEX = int(SnapFlag.FRAME), int(SnapFlag.CONT), int(SnapFlag.KEYINDEX)
assert CONV_SRC_MASK == 0x1F
CONV_NUM_INT = int(NUM) << 5 | int(INT)
CONV_INT_NUM = int(INT) << 5 | int(NUM)

MAX_SLOTS = 250
EXTRA_SLOTS = 16
UNLIMITED = 1 << 62


class LoopEvent(IntEnum):
    """What a loop bytecode is about to do."""

    LEAVE = 0
    ENTER_LOW = 1  # Entered with few iterations left.
    ENTER = 2


@dataclass(slots=True)
class Operands:
    """Decoded operands of one bytecode: raw fields, and instruction and run-time value of slots read."""

    op: int = 0
    a: int = 0
    b: int = 0
    c: int = 0  # C, or D if the bytecode has no B.
    ra: Ins | None = None
    rb: Ins | None = None
    rc: Ins | None = None
    rav: int = 0
    rbv: int = 0
    rcv: int = 0


class Limits(Protocol):
    """The parameters that recording obeys, named as in `-O`."""

    maxrecord: int
    maxirconst: int
    maxside: int
    maxsnap: int
    minstitch: int
    hotexit: int
    tryside: int
    instunroll: int
    loopunroll: int
    callunroll: int
    recunroll: int


class Context(Protocol):
    """What the recorder asks of the trace compiler that runs it."""

    def trace(self, number: int) -> Trace: ...
    def ffid(self, name: str) -> int: ...
    def builtin_name(self, ffid: int) -> str: ...
    def is_shared_builtin(self, ffid: int) -> bool: ...
    def side_traces(self, root: int) -> int: ...
    def inner_loop_left(self, pc: int) -> bool: ...
    def retry_call(self, pc: int, number: int) -> None: ...


@dataclass(slots=True, eq=False)
class Recorder:
    """The state of one recording."""

    view: View
    builder: TraceBuilder
    context: Context
    limits: Limits
    parent: int = 0
    exitno: int = 0
    # Where the program is.
    pc: int = 0
    fn: int = 0
    pt: ProtoView | None = None
    # The picture of the stack.
    slots: list[Ins | None] = field(default_factory=lambda: [None] * (MAX_SLOTS + EXTRA_SLOTS))
    marks: list[int] = field(default_factory=lambda: [0] * (MAX_SLOTS + EXTRA_SLOTS))
    baseslot: int = 2
    maxslot: int = 0
    framedepth: int = 0
    retdepth: int = 0
    # Unrolling.
    instunroll: int = 0
    loopunroll: int = 0
    tailcalled: int = 0
    loopref: int = 0
    # Range of bytecodes that a looping root trace may not leave.
    bc_min: int = 0
    bc_extent: int = UNLIMITED
    startpc: int = 0  # Where the trace may close an additional loop; 0 if it may not.
    # Snapshots.
    mergesnap: bool = False
    bcskip: int = 0
    finished: bool = False
    retried: bool = False  # LuaJIT enters the library function just recorded once more: listings show it.
    patch: tuple[int, int] | None = None
    x: Operands = field(default_factory=Operands)

    @property
    def cur(self) -> Trace:
        return self.builder.trace

    @property
    def nins(self) -> int:
        return len(self.builder.trace.ins)

    @property
    def is_root(self) -> bool:
        """A root trace proper: neither a side trace nor the continuation of another."""
        return self.parent == 0 and self.exitno == 0

    # Emitting.

    def emit(self, op: Op, type_: IRType, *args: object) -> Ins:
        return self.builder.fold(Ins(op, type_, args))

    def guard(self, op: Op, type_: IRType, *args: object) -> Ins:
        return self.builder.fold(Ins(op, type_, args, True))

    def to_num(self, tr: Ins) -> Ins:
        """An integer widened to a number."""
        return self.builder.emit(Op.CONV, NUM, tr, CONV_NUM_INT)

    def call(self, number: int, *args: Ins) -> Ins:
        return self.builder.call(number, *args)

    def number(self, tr: Ins, value: int) -> float:
        """The run-time value of a number or numeric string."""
        if tr.type is not STR:
            return number_of(value)
        assert self.builder.heap is not None
        number = self.builder.heap.parse_number(self.view.string(pointer_of(value)))
        if number is None:
            raise Abort(TraceError.BADTYPE)
        return number

    def primitive(self, tr: Ins) -> Ins:
        """nil, false and true are constants, however they were loaded."""
        return self.builder.kpri(tr.type) if tr.type <= TRUE else tr

    # Slots.

    def get(self, index: int) -> Ins | None:
        return self.slots[self.baseslot + index]

    def put(self, index: int, tr: Ins | None, mark: int = 0) -> None:
        self.slots[self.baseslot + index] = tr
        self.marks[self.baseslot + index] = mark

    def getslot(self, index: int) -> Ins:
        """The value of a slot, loaded and specialised to its type if it is not known yet."""
        tr = self.slots[self.baseslot + index]
        return self.sload(index) if tr is None else tr

    def sload(self, index: int) -> Ins:
        type_ = irt_of(self.view.slot(index))
        slot = self.baseslot + index
        tr = self.builder.raw(Op.SLOAD, type_, slot, SLOAD_TYPECHECK, guard=True)
        if type_ <= TRUE:
            tr = self.builder.kpri(type_)
        self.slots[slot], self.marks[slot] = tr, 0
        return tr

    def sload_typed(self, index: int, type_: IRType, mode: int, *, guard: bool = False) -> Ins:
        slot = self.baseslot + index
        tr = self.builder.raw(Op.SLOAD, type_, slot, mode, guard=guard)
        self.slots[slot], self.marks[slot] = tr, 0
        return tr

    def current_function(self) -> Ins:
        tr = self.slots[self.baseslot - 2]
        if tr is not None:
            return tr
        assert self.baseslot == 2, self.baseslot
        return self.sload_typed(-2, FUNC, SLOAD_READONLY)

    def move_slots(self, dst: int, src: int, count: int) -> None:
        """Slots and marks `src`.. to `dst`.., both absolute; the ranges may overlap."""
        self.slots[dst : dst + count] = self.slots[src : src + count]
        self.marks[dst : dst + count] = self.marks[src : src + count]

    def clear_slots(self, first: int, end: int) -> None:
        for slot in range(first, end):
            self.slots[slot], self.marks[slot] = None, 0

    def shift_base(self, count: int) -> None:
        self.baseslot += count

    def check_depth(self) -> None:
        if self.baseslot + self.maxslot >= MAX_SLOTS:
            raise Abort(TraceError.STACKOV)

    # Ending.

    def stop(self, link: LinkType, number: int) -> None:
        """The trace is complete; it ends by going on at `link`."""
        self.finished = True
        cur = self.cur
        cur.linktype, cur.link = link, number
        looping = number == cur.number and self.framedepth + self.retdepth == 0
        if looping and not self.builder.flags & OptFlag.LOOP and cur.root:
            cur.link = cur.root  # Without loop optimisation, always link to the root trace.
        if not (looping and self.builder.flags & OptFlag.LOOP):
            self._canonicalise()
        snap_add(self)
        self.builder.need_snapshot, self.mergesnap = False, True

    def _canonicalise(self) -> None:
        """Slots hold doubles: convert integers before leaving the trace."""
        slots = self.slots
        for slot in range(self.baseslot + self.maxslot - 1, 0, -1):
            tr = slots[slot]
            if tr is None or not is_integer(tr) or self.marks[slot] & KEYINDEX:
                continue
            if not (tr.op is Op.SLOAD and tr.args[1] & SLOAD_READONLY):
                slots[slot] = self.to_num(tr)

    def undo_patch(self) -> None:
        """Take back the temporary change of a bytecode, made so that the interpreter runs through it once."""
        if self.patch is not None:
            pc, ins = self.patch
            self.view.read.set_u32(pc, ins)
            self.patch = None

    # One bytecode.

    def locate(self, state: int, pc: int) -> None:
        """Look at the program again: it is about to execute the bytecode at `pc`."""
        view = self.view
        view.enter(state)
        self.pc = pc
        self.fn = fn = view.frame_func(view.base - 8)
        self.pt = view.func_proto(fn) if view.is_lua(fn) else None

    def step(self) -> None:
        """Record the bytecode at `pc`, before it is executed."""
        if self.builder.need_snapshot:
            self.builder.need_snapshot = False
            if self.pt is not None:
                snap_purge(self)
            snap_add(self)
            self.mergesnap = True
        if self.bcskip > 0:
            self.bcskip -= 1
            return
        if self.framedepth == 0 and not 0 <= self.pc - self.bc_min < self.bc_extent:
            raise Abort(TraceError.LLEAVE)
        x = self._decode(self.view.ins(self.pc))
        result = RECORDERS[x.op](self, x)
        if result is not None and x.op in _STORING:
            self._store(x.a, result)
        cur = self.builder.trace
        if len(cur.ins) > self.limits.maxrecord + 1 or -cur.nk > self.limits.maxirconst:
            raise Abort(TraceError.TRACEOV)

    def _store(self, a: int, result: Ins) -> None:
        self.put(a, result)
        if a >= self.maxslot:
            if a > self.maxslot:
                self.put(a - 1, None)
            self.maxslot = a + 1

    def _decode(self, ins: int) -> Operands:
        x = self.x
        op = ins & 0xFF
        x.op = op = op if op <= BC.FUNCC else BC.FUNCC  # Library functions have headers beyond the bytecodes.
        x.a = ins >> 8 & 0xFF
        reads_a, reads_b, has_b, reader = _DECODE[op]
        x.ra = x.rb = x.rc = None
        view = self.view
        if reads_a:
            x.rav = view.slot(x.a)
            x.ra = self.getslot(x.a)
        if has_b:
            x.b, x.c = ins >> 24, ins >> 16 & 0xFF
            if reads_b:
                x.rbv = view.slot(x.b)
                x.rb = self.getslot(x.b)
        else:
            x.b, x.c = 0, ins >> 16
        if reader is not None:
            reader(self, x)
        return x


def is_integer(tr: Ins) -> bool:
    """Any of the types of at most 32 bits that numbers are narrowed to."""
    return IRType.I8 <= tr.type <= INT


def is_numeric(tr: Ins) -> bool:
    return tr.type is NUM or IRType.I8 <= tr.type <= INT


def is_numeric_or_string(tr: Ins) -> bool:
    return tr.type is STR or is_numeric(tr)


def is_true(tr: Ins) -> bool:
    """True in a condition; the type decides."""
    return tr.type is not NIL and tr.type is not FALSE


# Operand readers for C or D.


def _read_var(rec: Recorder, x: Operands) -> None:
    x.rcv = rec.view.slot(x.c)
    x.rc = rec.getslot(x.c)


def _read_pri(rec: Recorder, x: Operands) -> None:
    x.rcv = (TAGS ^ x.c) << TAG_SHIFT | POINTER
    x.rc = rec.builder.kpri(IRTYPES[x.c])


def _read_num(rec: Recorder, x: Operands) -> None:
    assert rec.pt is not None
    x.rcv = rec.view.knum(rec.pt, x.c)
    x.rc = rec.builder.knumint(number_of(x.rcv))


def _read_str(rec: Recorder, x: Operands) -> None:
    assert rec.pt is not None
    address = rec.view.kgc(rec.pt, x.c)
    x.rcv = boxed(STR, address)
    x.rc = rec.builder.kgc(address, STR)


_READERS = {Mode.VAR: _read_var, Mode.PRI: _read_pri, Mode.NUM: _read_num, Mode.STR: _read_str}
_DECODE = tuple(
    (op.mode_a is Mode.VAR, op.mode_b is Mode.VAR, op.mode_b is not Mode.NONE, _READERS.get(op.mode_cd))
    for op in BC
)
_STORING = frozenset(int(op) for op in BC if op.mode_a is Mode.DST)

# The registry of bytecodes.

Handler = Callable[[Recorder, Operands], "Ins | None"]


def _unknown(rec: Recorder, x: Operands) -> Ins | None:
    raise Abort(TraceError.NYIBC, x.op)


RECORDERS: list[Handler] = [_unknown] * len(BC)


def record(*ops: BC) -> Callable[[Handler], Handler]:
    """Registers the function that records these bytecodes; it returns the value for slot A, if any."""

    def register(handler: Handler) -> Handler:
        for op in ops:
            assert RECORDERS[op] is _unknown, f"{op.name} is recorded twice"
            RECORDERS[op] = handler
        return handler

    return register


def missing() -> list[BC]:
    """Bytecodes that end a recording as not yet implemented."""
    return [op for op in BC if RECORDERS[op] is _unknown]
