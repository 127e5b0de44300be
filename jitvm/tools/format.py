"""IR, constants and snapshots of a trace as text, in the columns of LuaJIT's dump module.

    0001 >  int SLOAD  #2    CRI           guard, PHI operand, type, opcode, operands
    ....        SNAP   #1   [ ---- ---- 0001 ]

Listings are the tool other people's tools read, so the columns are exact, trailing spaces included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

from ir.calls import CALLS
from ir.fields import FIELDS
from ir.ops import FPM_NAMES, Op
from ir.passes.narrow import TOBIT_BIAS
from ir.record import dataclass
from ir.snapshot import SnapFlag, Snapshot
from ir.trace import Trace
from ir.types import IRTYPES, IRType
from ir.values import Ins

STRING_MAX = 20
TYPE_NAMES = tuple(t.name3 for t in IRType)
SLOAD_LETTERS = "PFTCRIK"
CONV_CHECKS = ("", " none", " index", " check")
LINK_FLAGS = SnapFlag.FRAME | SnapFlag.CONT


class Color(Enum):
    """How types are told apart."""

    TEXT = "T"
    ANSI = "A"
    HTML = "H"


_ANSI = {
    IRType.LIGHTUD: "36", IRType.STR: "32", IRType.THREAD: "1", IRType.FUNC: "1", IRType.CDATA: "33",
    IRType.TAB: "31", IRType.UDATA: "36", IRType.FLOAT: "34", IRType.NUM: "34",
} | {t: "35" for t in IRType if t >= IRType.I8}  # fmt: skip
_HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_HTML_ESCAPES = str.maketrans(_HTML)


def escape_html(text: str) -> str:
    return text.translate(_HTML_ESCAPES)


def colored(color: Color, text: str, type_: IRType, *, extra: bool = False) -> str:
    """`extra` marks key indexes."""
    match color:
        case Color.TEXT:
            return text
        case Color.ANSI:
            code = _ANSI.get(type_)
            shown = f"\033[{code}m{text}\033[m" if code else text
            return "\033[3m" + shown if extra else shown
        case Color.HTML:
            name = TYPE_NAMES[type_] + (" irt_extra" if extra else "")
            return f'<span class="irt_{name}">{escape_html(text)}</span>'


class Names:
    """What a listing asks about objects of the running program."""

    def function(self, fn: int) -> str:
        """Place of definition, or the name of a builtin."""
        raise NotImplementedError

    def string(self, address: int) -> bytes:
        raise NotImplementedError


def _control(match: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(match, f"\\{ord(match):03d}")


def quoted(text: bytes) -> str:
    """At most 20 bytes of a string."""
    escaped = "".join(_control(c) if ord(c) < 32 or ord(c) == 127 else c for c in text.decode("latin-1"))
    shown = f'"{escaped[:STRING_MAX]}"~' if len(text) > STRING_MAX else f'"{escaped}"'
    return shown.encode("latin-1").decode("utf-8", "surrogateescape")


def number_text(number: float) -> str:
    """`%+.14g`; tiny numbers, which are no numbers of the program, in hexadecimal."""
    if 0 < number < 2.0**-1026:
        text = number.hex()
        mantissa, exponent = text.split("p")
        return f"+{mantissa.rstrip('0').rstrip('.')}p{exponent}"
    return "nan" if number != number else f"{number:+.14g}"


@dataclass(slots=True)
class TraceText:
    """Formats one trace."""

    trace: Trace
    names: Names
    color: Color = Color.TEXT
    registers: Callable[[Ins], str] | None = None  # With the register column.

    def constant(self, ins: Ins, flags: int = 0) -> str:
        slot = None
        if ins.op is Op.KSLOT:
            ins, slot = ins.args
        if flags == SnapFlag.FRAME | SnapFlag.NORESTORE and ins is self.trace.k_nil:
            return "----"
        text = f"{self._constant(ins, flags):<4}"
        text = colored(self.color, text, ins.type, extra=bool(flags & SnapFlag.KEYINDEX))
        return text if slot is None else f"{text} @{slot}"

    def _constant(self, ins: Ins, flags: int) -> str:
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
                return quoted(self.names.string(address))
            case IRType.FUNC:
                return self.names.function(address)
            case IRType.TAB:
                return f"{{0x{address:08x}}}"
            case IRType.UDATA:
                return f"userdata:0x{address:08x}"
            case _:
                return f"{ins.type.name.lower()}: 0x{address:08x}"

    def value(self, ins: Ins, flags: int = 0) -> str:
        if ins.is_const:
            return self.constant(ins, flags)
        return colored(self.color, f"{ins.ref:04d}", ins.type, extra=bool(flags & SnapFlag.KEYINDEX))

    # Snapshots.

    def snapshot(self, snap: Snapshot) -> str:
        """The slots, closing bracket included."""
        entries = {entry.slot: entry for entry in snap.entries}
        parts = []
        for slot in range(snap.nslots):
            entry = entries.get(slot)
            if entry is None:
                parts.append("---- ")
            else:
                parts.append(
                    self.value(entry.ref, entry.flags) + ("|" if entry.flags & SnapFlag.FRAME else " ")
                )
        return "".join(parts) + "]\n"

    def snapshots(self) -> Iterator[str]:
        for number, snap in enumerate(self.trace.snaps):
            yield f"#{number:<3} {snap.ref:04d} [ {self.snapshot(snap)}"

    # Instructions.

    def lines(self, *, snapshots: bool) -> Iterator[str]:
        """All instructions, with the snapshots between them if wanted."""
        pending = list(enumerate(self.trace.snaps)) if snapshots else []
        pending.reverse()
        for ins in self.trace.ins[1:]:
            if pending and ins.ref >= pending[-1][1].ref:
                yield self._snapshot_line(*pending.pop())
            line = self.instruction(ins)
            if line:
                yield line
        if pending:
            yield self._snapshot_line(*pending.pop())

    def _snapshot_line(self, number: int, snap: Snapshot) -> str:
        gap = "....              SNAP   #" if self.registers else "....        SNAP   #"
        return f"{gap}{number:<3} [ {self.snapshot(snap)}"

    def instruction(self, ins: Ins) -> str:
        """One line; empty for what listings leave out."""
        if ins.op is Op.LOOP:
            return f"{ins.ref:04d} {'------' if self.registers else ''}------ LOOP ------------\n"
        if ins.op in (Op.NOP, Op.CARG) or (ins.op is Op.RENAME and self.registers is None):
            return ""
        where = f"{self.registers(ins):<6}" if self.registers else ""
        guard = "}" if ins in self.trace.sinktags else (">" if ins.guard else " ")
        type_ = colored(self.color, TYPE_NAMES[ins.type], ins.type)
        head = f"{ins.ref:04d} {where}{guard}{'+' if ins.phi else ' '} {type_} {ins.op.name:<6} "
        return head + self.operands(ins) + "\n"

    def operands(self, ins: Ins) -> str:
        if ins.op in _CALL_OPS:
            args = "" if ins.args[0] is self.trace.k_nil else self.call_arguments(ins.args[0])
            return f"{CALLS[ins.args[1]].name:<10}  ({args})"
        if not ins.op.modes:
            return ""
        first = ins.args[0]
        text = self.plain(first) if isinstance(first, Ins) else f"#{first:<3}"
        if len(ins.op.modes) > 1:
            text += "  " + self._second(ins)
        return text

    def _second(self, ins: Ins) -> str:
        arg = ins.args[1] if len(ins.args) > 1 else 0
        if isinstance(arg, Ins):
            return self.plain(arg)
        name = literal_name(self.color, ins.op, arg)
        if name is not None:
            return name
        return f"#{arg >> 8 if ins.op in (Op.UREFO, Op.UREFC) else arg:<3}"

    def plain(self, ins: Ins) -> str:
        """An operand of an instruction: constants in color, references not."""
        return self.constant(ins) if ins.is_const else f"{ins.ref:04d}"

    def call_arguments(self, ins: Ins) -> str:
        if ins.op is Op.CARG:
            return f"{self.call_arguments(ins.args[0])} {self.plain(ins.args[1])}"
        return self.plain(ins)


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


def literal_name(color: Color, op: Op, literal: int) -> str | None:
    """The name of a literal operand, if listings have one."""
    if op is Op.SLOAD:
        return "".join(letter for bit, letter in enumerate(SLOAD_LETTERS) if literal >> bit & 1)
    if op is Op.CONV:
        source, target = IRTYPES[literal & 31], IRTYPES[literal >> 5 & 31]
        shown = [colored(color, TYPE_NAMES[type_], type_) for type_ in (target, source)]
        return ".".join(shown) + (" sext" if literal & 0x800 else "") + CONV_CHECKS[literal >> 12]
    names = _NAMED.get(op)
    return names[literal] if names is not None and literal < len(names) else None


