"""The expander: walks a trace once, in order, and rewrites each instruction by its rule.

    0002 >  num SLOAD  #3    T        u32 XLOAD [BASE+12];  ULT limit ->0;  num XLOAD [BASE+8]
    0003  + num ADD    0002  +1       num ADD
    ------ LOOP ------                JMP loop(0003)         the left operands of the PHIs
    0007  + num ADD    0003  +1       num ADD param, 1       a PHI is a parameter of the loop block
    0011    num PHI    0003  0007     JMP loop(0007)

A guard is a comparison with an `Exit` as its last operand.  The exit names the values of the snapshot in
force, so they stay alive up to the guard, and nowhere else are snapshots needed below this level.

Invariants: a rule for every opcode that may stand in a trace (tested); every value keeps its Lua type beside
it only in the trace, here it is an integer, a pointer or a double; primitives (nil, booleans) are constants
and exist as no instruction at all.

What is dead is expanded all the same: the allocator, walking backwards, never meets a use of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ir.abort import Abort, TraceError
from ir.expand.boxing import KEYINDEX_HI, constant_bits, value_bits
from ir.expand.sunk import exit_conversions, left_out, sunk_table, unmade
from ir.funcbuilder import FunctionBuilder
from ir.layout import offset_of
from ir.objects import VM, State
from ir.ops import SLOAD_PARENT, Op
from ir.record import dataclass, field, replace
from ir.snapshot import Entry, SnapFlag, Snapshot
from ir.trace import LinkType, Trace
from ir.types import IRType
from ir.values import Convention, Edge, Exit, ExitSlot, Function, Ins, SunkTable

Rule = Callable[["Expander", Ins], Ins | None]


class Rules(dict[Op, Rule]):
    """One rule per opcode of a trace."""

    def __call__(self, *ops: Op) -> Callable[[Rule], Rule]:
        def register(rule: Rule) -> Rule:
            for op in ops:
                assert op not in self, f"{op.name} is already expanded"
                self[op] = rule
            return rule

        return register


EXPAND = Rules()

#: BASE - 2 is slot 0: the function below the frame link.
FIRST_SLOT = 2
#: Link types that go on in the trace `link`.
_TRACE_LINKS = frozenset((LinkType.ROOT, LinkType.TAILREC, LinkType.UPREC, LinkType.DOWNREC, LinkType.LOOP))
_REG_TYPE = {IRType.U8: IRType.U32, IRType.U16: IRType.U32, IRType.I8: IRType.INT, IRType.I16: IRType.INT}
_KEYINDEX = int(SnapFlag.KEYINDEX)


def machine_type(type_: IRType) -> IRType:
    """The type a value of a trace has in a register: objects and references are pointers."""
    if type_.is_integer or type_.is_float:
        return _REG_TYPE.get(type_, type_)
    return IRType.P64


@dataclass(slots=True)
class Expansion:
    """The function, and what ties it to its trace."""

    function: Function
    inherited: list[Ins]  # What reads the parent's values, in the order of the parameters from the third on.
    values: dict[Ins, Ins]  # Value of the trace -> value of the function, for listings and side traces.
    exits: list[Exit]  # Every exit, in the order of its first guard.
    link: Exit | None = None  # What a trace that goes on in another one has written: its state there.
    #: Instruction of the function -> of the trace; only if the trace keeps track of `copies`.
    origins: Mapping[Ins, Ins] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parent:
    """What a trace can rely on when it is entered: what the parent's exit holds, by slot (numbered from 0)
    and by ref of the parent's trace, and how many slots above BASE the stack is known to have (`room`)."""

    slots: Mapping[int, Ins] = field(default_factory=dict)
    refs: Mapping[int, Ins] = field(default_factory=dict)
    room: int = 0

    def inherited(self, ins: Ins) -> Ins | None:
        """The parent's value that an instruction stands for; None if it has to be computed."""
        if ins.op is Op.PVAL:
            if ins.args[0] not in self.refs:
                raise Abort(TraceError.NYIIR, int(Op.PVAL))
            return self.refs[ins.args[0]]
        inherits = ins.op is Op.SLOAD and ins.args[1] & SLOAD_PARENT
        return self.slots.get(ins.args[0]) if inherits else None


class Expander:
    """State of one expansion.  Rules emit through `b` and read operands through `value`."""

    def __init__(self, trace: Trace, links: Callable[[int], str], parent: Parent) -> None:
        self.trace = trace
        self.link_name = links
        self.parent = parent
        self.b = FunctionBuilder(f"TRACE_{trace.number}", Convention.TRACE, None)
        self.base = self.b.param(IRType.P64)
        self.g = self.b.param(IRType.P64)
        self.values: dict[Ins, Ins] = {}
        self.inherited: list[Ins] = []
        self.pointers: dict[tuple[Ins, int], Ins] = {}  # The entry's are known in the loop, too.
        self.exits: dict[tuple[int, int], Exit] = {}
        self.exit_slots: dict[tuple[int, Ins, int, int], tuple[ExitSlot, int]] = {}
        self.deferred = exit_conversions(trace)
        self.unmade = unmade(trace)
        self.left_out = left_out(trace) | self.unmade
        self.snapshot = 0  # Number of the snapshot in force.
        self.room = parent.room  # Slots above BASE that the stack is known to have.
        self.generation = 0  # Exits of the loop see PHIs as block parameters.
        self.link: Exit | None = None
        self.origins: dict[Ins, Ins] = {}

    # Operands.

    def value(self, ref: object) -> Ins:
        """The function's value for an operand of the trace."""
        assert isinstance(ref, Ins), ref
        if ref.is_const:
            return self.constant(ref)
        if ref.op is Op.BASE:
            return self.base
        found = self.values.get(ref)
        assert found is not None, f"{ref} has no value yet"
        return found

    def constant(self, ref: Ins) -> Ins:
        match ref.op:
            case Op.KNUM:
                return self.b.knum(ref.value)
            case Op.KINT:
                return self.b.kint(int(ref.value))
            case Op.KINT64:
                return self.b.kint(int(ref.value), IRType.I64)
            case Op.KPRI:
                return self.b.kint(constant_bits(ref), IRType.U64)
            case _:
                return self.b.kint(int(ref.value), IRType.P64)

    # Building blocks of rules.

    def pointer(self, base: Ins, offset: int) -> Ins:
        """base + offset, in bytes."""
        key = base, offset
        known = self.pointers.get(key)
        if known is None:
            known = self.b.emit(Op.ADD, IRType.P64, base, self.b.kint(offset, IRType.I64))
            self.pointers[key] = known
        return known

    def load(self, type_: IRType, base: Ins, offset: int = 0) -> Ins:
        return self.b.load(type_, self.pointer(base, offset))

    def store(self, type_: IRType, base: Ins, offset: int, value: Ins) -> None:
        self.b.store(type_, self.pointer(base, offset), value)

    def global_load(self, field: str, type_: IRType) -> Ins:
        return self.load(type_, self.g, offset_of(VM, field))

    def global_store(self, field: str, type_: IRType, value: Ins) -> None:
        self.store(type_, self.g, offset_of(VM, field), value)

    def global_address(self, field: str) -> Ins:
        return self.pointer(self.g, offset_of(VM, field))

    def guard(self, op: Op, type_: IRType, a: Ins, b: Ins) -> None:
        """Leave through the snapshot in force unless `a op b`."""
        self.guard_to(op, type_, a, b, self.exit())

    def guard_to(self, op: Op, type_: IRType, a: Ins, b: Ins, exit_: Exit) -> None:
        ins = self.b.emit(op, type_, a, b, exit_)
        ins.guard = True

    def call(self, symbol: str, type_: IRType, *args: Ins) -> Ins:
        """A native function of the VM's image."""
        return self.b.emit(Op.CALL, type_, symbol, *args)

    # Exits.

    def exit(self) -> Exit:
        """Exit through the snapshot in force."""
        key = (self.snapshot, self.generation)
        if key not in self.exits:
            self.exits[key] = self._exit(self.snapshot)
        return self.exits[key]

    def _exit(self, number: int) -> Exit:
        snap = self.trace.snaps[number]
        origins: dict[int, Ins] = {}
        tables: dict[Ins, SunkTable] = {}
        slots = []
        for entry in snap.entries:
            ref = entry.ref
            if not entry.is_restored:
                continue
            if ref in self.trace.sinktags:
                if ref not in tables:
                    tables[ref] = sunk_table(self, ref, snap, origins)
                slots.append(ExitSlot(entry.slot - FIRST_SLOT, None, ref.type, table=tables[ref]))
            else:
                slots.append(self._known_slot(entry, origins))
        delta = snap.baseslot - FIRST_SLOT
        need = max(snap.topslot, snap.nslots - FIRST_SLOT)
        opened = open_results(snap)
        return Exit(number, tuple(slots), snap.pc, delta, *opened, origins=origins, need=need, room=self.room)

    def _known_slot(self, entry: Entry, origins: dict[int, Ins]) -> ExitSlot:
        """What `exit_slot` makes of an entry: most stay the same from one snapshot to the next."""
        key = entry.slot, entry.ref, entry.flags, self.generation
        known = self.exit_slots.get(key)
        if known is None:
            is_keyindex = bool(entry.flags & _KEYINDEX)
            known = self.exit_slots[key] = self.exit_slot(entry.slot - FIRST_SLOT, entry.ref, is_keyindex)
        slot, origin = known
        if slot.value is not None:
            origins[origin] = slot.value
        return slot

    def exit_slot(self, slot: int, ref: Ins, is_keyindex: bool = False) -> tuple[ExitSlot, int]:
        """A slot that holds a value of the trace, and the ref of that value."""
        if ref.is_const:
            bits = KEYINDEX_HI << 32 | int(ref.value) if is_keyindex else constant_bits(ref)
            return ExitSlot(slot, None, ref.type, bits), ref.ref
        if ref.type.is_primitive:
            return ExitSlot(slot, None, ref.type, constant_bits(self.trace.consts[ref.type])), ref.ref
        if ref in self.deferred:
            ref = ref.args[0]  # The exit converts it.
        # A loaded byte is extended to an integer, and becomes a number like any other.
        type_ = IRType.INT if IRType.I8 <= ref.type <= IRType.U16 else ref.type
        value = self.value(ref)
        bits = value_bits(value, type_) if value.is_const else 0
        return ExitSlot(slot, value, type_, bits, is_keyindex), ref.ref

    # The walk.

    def run(self) -> Expansion:
        trace = self.trace
        self._parameters()
        if trace.parent:
            self.base = self.global_load("jit_base", IRType.P64)
        start, end = trace.snaps[0].ref, trace.loop or len(trace.ins)
        self._body(1, start)  # What a side trace makes of its inheritance has no exits.
        self._enter()
        self._body(start, end)
        if trace.loop:
            self._loop()
        else:
            from ir.expand.stack import leave

            self._advance(len(trace.ins) + 1)
            leave(self)
        function = self.b.finish_trace()
        exits = list(self.exits.values())
        return Expansion(function, self.inherited, self.values, exits, self.link, self.origins)

    def _parameters(self) -> None:
        """A side trace finds its parent's values in registers: parameters of the entry block.

        Slots that the exit would not have restored are on the Lua stack: those stay loads."""
        for ins in self.trace.ins[1:]:
            value = self.parent.inherited(ins)
            if value is None:
                continue
            if value.is_const:
                self.values[ins] = self.b.constant(value.type, value.value)
            else:
                self.values[ins] = self.b.param(machine_type(ins.type))
                self.inherited.append(ins)

    def _enter(self) -> None:
        number = self.b.kint(self.trace.number)
        self.global_store("vmstate", IRType.INT, number)
        self._collect_check()

    def stack_check(self, need: int) -> None:
        """Frames of inlined calls are about to be written: the stack must have `need` slots above BASE.

        The exit restores the same frames, and grows the stack."""
        thread = self.global_load("cur", IRType.P64)
        limit = self.load(IRType.P64, thread, offset_of(State, "maxstack"))
        top = self.pointer(self.base, 8 * need)
        self.guard_to(Op.ULE, IRType.P64, top, limit, self._uncounted(collects=0))

    def _body(self, start: int, end: int) -> None:
        trace = self.trace
        for ins in trace.ins[start:end]:
            self._advance(ins.ref)
            if ins.op is Op.PHI or ins.op is Op.NOP:
                continue
            if ins in self.values or ins in self.left_out:
                continue
            rule = EXPAND.get(ins.op)
            assert rule is not None, f"no rule expands {ins}"
            value = rule(self, ins) if trace.copies is None else self._expanded(rule, ins)
            if value is not None:
                self.values[ins] = value

    def _expanded(self, rule: Rule, ins: Ins) -> Ins | None:
        """Applies a rule, and notes what it makes."""
        block = self.b.at
        assert block is not None, ins
        before = len(block.body)
        value = rule(self, ins)
        self.origins.update(dict.fromkeys(block.body[before:], ins))
        return value

    def _advance(self, ref: int) -> None:
        """Move to the last snapshot that covers `ref`."""
        snaps = self.trace.snaps
        while self.snapshot + 1 < len(snaps) and snaps[self.snapshot + 1].ref <= ref:
            self.snapshot += 1

    def _loop(self) -> None:
        b, trace = self.b, self.trace
        phis = [phi for phi in trace.phis if phi not in self.left_out]
        block, entry = b.new_block(), b.at
        lefts = [self.value(phi.args[0]) for phi in phis]
        params = [b.param(machine_type(phi.type), block) for phi in phis]
        self._advance(trace.loop)
        b.jump(Edge(block, tuple(lefts)))
        b.place(block, entry)
        for phi, param in zip(phis, params, strict=True):
            self.values[phi.args[0]] = param
        self.generation = 1
        self._poll()
        self._collect_check()
        self._body(trace.loop + 1, len(trace.ins))
        b.jump(Edge(block, tuple(self.value(phi.args[1]) for phi in phis)))

    def _poll(self) -> None:
        """The back edge can be pointed to this exit, which is how a loop is interrupted at no cost."""
        exit_, dead = self._uncounted(collects=0), self.trace.dead_at_loop
        slots = tuple(slot for slot in exit_.slots if slot.slot + FIRST_SLOT not in dead)
        self.b.emit(Op.POLL, IRType.NIL, replace(exit_, slots=slots)).guard = True

    def _collect_check(self) -> None:
        """Let the interpreter collect when the trace has allocated enough.

        One check per iteration, and one where the trace is entered: side traces may lead there again and
        again without the loop ever closing.  The exit is no place for a side trace: the interpreter soon
        comes back."""
        if not any(allocates(ins) for ins in self.trace.ins if ins not in self.left_out):
            return
        exit_ = self._uncounted(collects=1)
        total = self.global_load("gc_total", IRType.U64)
        self.guard_to(Op.ULT, IRType.U64, total, self.global_load("gc_threshold", IRType.U64), exit_)

    def _uncounted(self, collects: int) -> Exit:
        """An exit through the snapshot in force that never starts a side trace."""
        plain = self._exit(self.snapshot)
        return replace(plain, is_counted=False, collects=bool(collects))


def open_results(snap: Snapshot) -> tuple[int, int]:
    """Thread top above the new BASE (0: by the running function's frame size) and open result count + 1."""
    from ir.expand.resume import OPEN_OPERANDS, opcode_at

    delta = snap.baseslot - FIRST_SLOT
    size = snap.nslots - FIRST_SLOT - delta
    word = opcode_at(snap.pc)
    rule = OPEN_OPERANDS.get(word & 0xFF)
    return (0, 0) if rule is None else (size, rule(word, size))


def allocates(ins: Ins) -> bool:
    return "A" in ins.op.kind or ins.op is Op.SNEW or ins.op is Op.TOSTR


def expand(trace: Trace, links: Callable[[int], str], parent: Parent) -> Expansion:
    """Rewrite a finished trace as a function.  `links(n)` names the machine code of trace n."""
    return Expander(trace, links, parent).run()


def links_to_trace(trace: Trace) -> bool:
    """Whether the trace ends in machine code, not in the interpreter."""
    return trace.linktype in _TRACE_LINKS and trace.link != 0
