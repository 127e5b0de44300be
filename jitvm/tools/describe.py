"""From what the trace compiler has to traces as data (`jitvm.model`), as listings show them.

    Describer(view, sources).trace(trace, place)        a `jitvm.model.objects.Trace`

The numbers, names and texts are LuaJIT's, so that what is made of them prints as its listings do.
Invariant: nothing of the running VM is kept.
"""

from __future__ import annotations

from copy import copy
from typing import Protocol

from ir.abort import Abort
from ir.calls import CALLS
from ir.fields import FIELDS
from ir.ops import FPM_NAMES, Op
from ir.passes.narrow import TOBIT_BIAS
from ir.snapshot import Entry, SnapFlag
from ir.snapshot import Snapshot as TraceSnapshot
from ir.trace import LinkType
from ir.trace import Trace as CompiledTrace
from ir.types import IRTYPES, IRType
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.front.chunkid import location
from jitvm.front.listing import list_instruction
from jitvm.front.proto import Prototype
from jitvm.lib.ffnames import FF_C
from jitvm.model import objects as model
from jitvm.model.lines import LineReader
from jitvm.model.places import place as place_of_text
from jitvm.record.view import View
from jitvm.trace.events import Place

STRING_MAX = 20
SLOAD_LETTERS = "PFTCRIK"
CONV_CHECKS = ("", " none", " index", " check")
LINK_FLAGS = SnapFlag.FRAME | SnapFlag.CONT
TYPES = tuple(type_.name3.strip() for type_ in IRType)
_LINES = LineReader("T")


class Sources(Protocol):
    """Where names and machine code come from."""

    def prototype(self, ident: int) -> Prototype:
        """The front end's description of a function."""

    def builtin_name(self, ffid: int) -> str: ...

    def machine_code(self, trace: CompiledTrace) -> model.MachineCode | None:
        """The machine code of a trace; None if it has none."""

    def register_name(self, trace: CompiledTrace, ins: Ins) -> str:
        """Where the value of an instruction was kept."""

    def exit_registers(self) -> tuple[list[int], list[float]]:
        """Registers at the exit being taken."""


def decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _control(match: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(match, f"\\{ord(match):03d}")


def quoted(text: bytes) -> str:
    """At most 20 bytes of a string."""
    escaped = "".join(_control(c) if ord(c) < 32 or ord(c) == 127 else c for c in text.decode("latin-1"))
    shown = f'"{escaped[:STRING_MAX]}"~' if len(text) > STRING_MAX else f'"{escaped}"'
    return decoded(shown.encode("latin-1"))


def number_text(number: float) -> str:
    """`%+.14g`; tiny numbers, which are no numbers of the program, in hexadecimal."""
    if 0 < number < 2.0**-1026:
        mantissa, exponent = number.hex().split("p")
        return f"+{mantissa.rstrip('0').rstrip('.')}p{exponent}"
    return "nan" if number != number else f"{number:+.14g}"


class Describer:
    """Describes what is there now."""

    def __init__(self, view: View, sources: Sources) -> None:
        self.view, self.sources = view, sources
        #: By number: a prototype, and the same with the bytecode as it is now.  Numbers are used again.
        self._live: dict[int, tuple[Prototype, Prototype]] = {}

    # Places.

    def place(self, place: Place) -> model.Place:
        """File and line; position 0 is the definition."""
        return place_of_text(self.place_text(place))

    def place_text(self, place: Place) -> str:
        view = self.view
        if not view.is_lua(place.fn):
            ffid = view.ffid(place.fn)
            return self.sources.builtin_name(ffid) if ffid != FF_C else f"C:{view.func_pc(place.fn):x}"
        proto = self.sources.prototype(view.func_proto(place.fn).ident)
        pos = max(place.pos, 0)
        line = proto.lines[pos] if pos and proto.lines else proto.firstline
        return decoded(location(proto.chunkname, line))

    # Traces.

    def started(self, trace: CompiledTrace, place: Place) -> model.Trace:
        """A trace of which nothing is known but where it begins."""
        origin = None
        if trace.parent:
            origin = model.Origin(trace.parent, trace.exitno)
        elif trace.exitno:
            origin = model.Origin(trace.exitno)
        return model.Trace(trace.number, origin, self.place(place))

    def link(self, trace: CompiledTrace) -> model.Link:
        return model.Link(trace.linktype.value, trace.link)

    def abort(self, place: Place, reason: Abort) -> model.Abort:
        return model.Abort(str(reason), self.place(place), int(reason.error))

    def instructions(self, trace: CompiledTrace, *, registers: bool) -> tuple[model.Instruction, ...]:
        return tuple(_Instructions(self, trace, registers).all())

    def snapshots(self, trace: CompiledTrace) -> tuple[model.Snapshot, ...]:
        instructions = _Instructions(self, trace, False)
        return tuple(
            model.Snapshot(number, snap.ref, instructions.slots(snap))
            for number, snap in enumerate(trace.snaps)
        )

    # Bytecode.

    def bytecodes(self, fn: int, pos: int, depth: int) -> list[model.Bytecode]:
        """One that is about to be recorded; a jump behind it goes with a comparison."""
        name = self.place_text(Place(fn, 0)) if pos <= 0 else None
        if pos < 0:
            return [model.Bytecode(0, "FUNCC", function=name, depth=depth)]
        ident = self.view.func_proto(fn).ident
        found = [self._bytecode(fn, pos, depth, name, ident)]
        if self._word(fn, pos) & 0xFF < BC.ISTYPE:
            found.append(self._bytecode(fn, pos + 1, depth, None, ident))
        return found

    def _word(self, fn: int, pos: int) -> int:
        return self.view.ins(self.view.func_proto(fn).bc + 4 * pos)

    def _bytecode(self, fn: int, pos: int, depth: int, name: str | None, ident: int) -> model.Bytecode:
        """The bytecode as it is now, patched or not."""
        original = self.sources.prototype(ident)
        known = self._live.get(ident)
        if known is None or known[0] is not original:
            known = self._live[ident] = original, copy(original)
            known[1].bytecode = list(original.bytecode)
        proto = known[1]
        proto.bytecode[pos] = self._word(fn, pos)
        return described_bytecode(proto, pos, depth, name, ident)


def described_bytecode(
    proto: Prototype, pos: int, depth: int = 0, name: str | None = None, ident: int | None = None
) -> model.Bytecode:
    """A bytecode of a prototype."""
    read = _LINES.bytecode(decoded(list_instruction(proto, pos, b"")).rstrip("\n"))
    line = proto.lines[pos] if pos and proto.lines else proto.firstline
    return model.Bytecode(
        read.pc, read.op, read.a, read.operands, read.target, read.comment, name, depth, line, ident
    )


class _Instructions:
    """Describes the instructions of one trace."""

    def __init__(self, describer: Describer, trace: CompiledTrace, registers: bool) -> None:
        self.describer, self.trace, self.registers = describer, trace, registers

    def all(self) -> list[model.Instruction]:
        return [self.instruction(ins) for ins in self.trace.ins[1:]]

    def instruction(self, ins: Ins) -> model.Instruction:
        register = self.describer.sources.register_name(self.trace, ins) if self.registers else None
        if ins.op is Op.LOOP:
            return model.Instruction(ins.ref, "LOOP", "nil", guard=True, register=register)
        return model.Instruction(
            ins.ref,
            ins.op.name,
            TYPES[ins.type],
            self.operands(ins),
            bool(ins.guard),
            bool(ins.phi),
            ins in self.trace.sinktags,
            register,
        )

    def operands(self, ins: Ins) -> tuple[model.Operand, ...]:
        if ins.op in _CALL_OPS:
            arguments = () if ins.args[0] is self.trace.k_nil else tuple(self.arguments(ins.args[0]))
            return (model.Call(CALLS[ins.args[1]].name, arguments),)
        if not ins.op.modes or ins.op is Op.NOP:
            return ()
        first = ins.args[0]
        found: list[model.Operand] = [
            self.value(first) if isinstance(first, Ins) else model.Literal(f"#{first}")
        ]
        if len(ins.op.modes) > 1:
            found.append(self._second(ins))
        return tuple(found)

    def _second(self, ins: Ins) -> model.Operand:
        arg = ins.args[1] if len(ins.args) > 1 else 0
        if isinstance(arg, Ins):
            return self.value(arg)
        name = literal_name(ins.op, arg)
        if name is not None:
            return model.Literal(name)
        return model.Literal(f"#{arg >> 8 if ins.op in (Op.UREFO, Op.UREFC) else arg}")

    def arguments(self, ins: Ins) -> list[model.Ref | model.Constant]:
        """Of a call: CARGs make a list of them."""
        found = []
        while ins.op is Op.CARG:
            found.append(self.value(ins.args[1]))
            ins = ins.args[0]
        return [self.value(ins), *reversed(found)]

    def value(self, ins: Ins) -> model.Ref | model.Constant:
        return self.constant(ins) if ins.is_const else model.Ref(ins.ref)

    # Snapshots.

    def slots(self, snap: TraceSnapshot) -> tuple[model.SnapshotSlot | None, ...]:
        entries = {entry.slot: entry for entry in snap.entries}
        return tuple([self._slot(entries.get(slot)) for slot in range(snap.nslots)])

    def _slot(self, entry: Entry | None) -> model.SnapshotSlot | None:
        if entry is None:
            return None
        frame = bool(entry.flags & SnapFlag.FRAME)
        if entry.flags == SnapFlag.FRAME | SnapFlag.NORESTORE and entry.ref is self.trace.k_nil:
            return model.SnapshotSlot(None, None, frame)
        ins = entry.ref
        value = self.constant(ins, entry.flags) if ins.is_const else model.Ref(ins.ref)
        return model.SnapshotSlot(value, TYPES[ins.type], frame, bool(entry.flags & SnapFlag.KEYINDEX))

    # Constants.

    def constant(self, ins: Ins, flags: int = 0) -> model.Constant:
        slot = None
        if ins.op is Op.KSLOT:
            ins, slot = ins.args
        text = self._text(ins, flags)
        return model.Constant(text, TYPES[ins.type], self._exact(ins, text), slot)

    def _exact(self, ins: Ins, text: str) -> str | None:
        """The value, where the text does not have all of it."""
        match ins.op:
            case Op.KNUM if ins.type is IRType.NUM:
                exact = repr(ins.args[0])
                return exact if exact.removesuffix(".0") != text.removeprefix("+") else None
            case Op.KGC if ins.type is IRType.STR and text.endswith("~"):
                return decoded(self.describer.view.string(ins.args[0]))
            case _:
                return None

    def _text(self, ins: Ins, flags: int) -> str:
        match ins.op:
            case Op.KINT | Op.KINT64:
                return f"{ins.args[0]:+d}"
            case Op.KNUM if ins.type is IRType.P64:
                return f"trace: 0x{self.trace.number:08x}"
            case Op.KNUM:
                if flags & LINK_FLAGS:
                    return "contpc" if flags & SnapFlag.CONT else "ftsz"
                return "bias" if ins.args[0] == TOBIT_BIAS else number_text(ins.args[0])
            case Op.KPRI:
                return ins.type.name.lower()
            case Op.KNULL:
                return "NULL"
            case Op.KPTR | Op.KKPTR:
                return f"[0x{ins.args[0]:08x}]" if ins.args[0] else "NULL"
            case _:
                return self._object(ins)

    def _object(self, ins: Ins) -> str:
        address = ins.args[0]
        match ins.type:
            case IRType.STR:
                return quoted(self.describer.view.string(address))
            case IRType.FUNC:
                return self.describer.place_text(Place(address, 0))
            case IRType.TAB:
                return f"{{0x{address:08x}}}"
            case IRType.UDATA:
                return f"userdata:0x{address:08x}"
            case _:
                return f"{ins.type.name.lower()}: 0x{address:08x}"


_CALL_OPS = (Op.CALLN, Op.CALLA, Op.CALLL, Op.CALLS)
_NAMED: dict[Op, tuple[str, ...]] = {
    Op.FLOAD: tuple(field.name for field in FIELDS),
    Op.FREF: tuple(field.name for field in FIELDS),
    Op.FPMATH: FPM_NAMES,
    Op.TMPREF: ("", "IN", "OUT", "INOUT", "", "", "OUT2", "INOUT2"),
    Op.BUFHDR: ("RESET", "APPEND", "WRITE"),
    Op.TOSTR: ("INT", "NUM", "CHAR"),
    Op.XLOAD: ("", "R", "V", "RV", "U", "RU", "VU", "RVU"),
}


def literal_name(op: Op, literal: int) -> str | None:
    """The name of a literal operand, if listings have one."""
    if op is Op.SLOAD:
        return "".join(letter for bit, letter in enumerate(SLOAD_LETTERS) if literal >> bit & 1)
    if op is Op.CONV:
        source, target = IRTYPES[literal & 31], IRTYPES[literal >> 5 & 31]
        extension = " sext" if literal & 0x800 else ""
        return f"{target.name3}.{source.name3}{extension}{CONV_CHECKS[literal >> 12]}"
    names = _NAMED.get(op)
    return names[literal] if names is not None and literal < len(names) else None


assert [op.name for op in BC][15] == "ISF", "comparisons and tests come first; a jump follows each"
assert {link.value for link in LinkType} >= {"root", "loop", "stitch", "interpreter"}
