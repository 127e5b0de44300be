"""A trace: one linear list of instructions, the constants they use, and the snapshots of its exits.

References are LuaJIT's, relative to `REF_BIAS`: instructions count up from `ins[0]`, which is BASE; constants
count down from nil (-1), false (-2), true (-3).  A 64-bit constant takes two numbers, as in LuaJIT, because
listings and operand order depend on them.

    0001    int SLOAD  #4    CI          trace.ins[1].ref == 1
    0002    num CONV   0001  num.int     trace.ins[2].args == (trace.ins[1], literal)

The part after LOOP, if there is one, is repeated; PHIs stand at the end and pair a value of the first
iteration with the one that replaces it.
"""

from __future__ import annotations

from ir.enums import Enum
from ir.ops import Op
from ir.snapshot import Snapshot
from ir.types import IRType
from ir.values import Ins


class LinkType(Enum):
    """What happens at the end of a trace; the value is the word listings print."""

    NONE = "none"
    ROOT = "root"
    LOOP = "loop"
    TAILREC = "tail-recursion"
    UPREC = "up-recursion"
    DOWNREC = "down-recursion"
    INTERP = "interpreter"
    RETURN = "return"
    STITCH = "stitch"


class Trace:
    """Instructions, constants and snapshots.  `TraceBuilder` fills it; passes may replace instructions."""

    __slots__ = (
        "consts",
        "copies",
        "dead_at_loop",
        "exitno",
        "ins",
        "k_false",
        "k_nil",
        "k_true",
        "link",
        "linktype",
        "loop",
        "nextroot",
        "nk",
        "number",
        "parent",
        "root",
        "serial",
        "sinktags",
        "snaps",
        "startins",
        "startpc",
        "startpt",
    )

    def __init__(self, number: int = 1, parent: int = 0, exitno: int = 0) -> None:
        self.number, self.parent, self.exitno = number, parent, exitno
        self.serial = 0  # Never used again, unlike the number.
        self.root = 0  # Root trace of a side trace; 0 for a root trace.
        self.link = 0
        self.linktype = LinkType.NONE
        self.startpc = 0  # Address of the bytecode the trace starts at.
        self.startins = 0  # That bytecode, before it was patched.
        self.startpt = 0  # Address of the prototype.
        self.nextroot = 0
        self.loop = 0  # Ref of LOOP.
        self.dead_at_loop: frozenset[int] = frozenset()  # Slots that need no value at the loop head.
        self.k_nil = Ins(Op.KPRI, IRType.NIL, (), ref=-1)
        self.k_false = Ins(Op.KPRI, IRType.FALSE, (), ref=-2)
        self.k_true = Ins(Op.KPRI, IRType.TRUE, (), ref=-3)
        self.consts: list[Ins] = [self.k_nil, self.k_false, self.k_true]
        self.nk = -3  # Lowest constant.
        self.ins: list[Ins] = [Ins(Op.BASE, IRType.P64, (parent, exitno), ref=0)]
        self.snaps: list[Snapshot] = []
        self.sinktags: dict[Ins, Ins] = {}  # Sunk instruction: its allocation.
        #: Ref of an instruction of the loop: of the one it repeats.  None: nobody wants to know what came
        #: from where, here and in machine code.
        self.copies: dict[int, int] | None = None

    @property
    def nins(self) -> int:
        """Ref of the next instruction."""
        return len(self.ins)

    @property
    def phis(self) -> list[Ins]:
        """The PHIs, in order."""
        found = []
        for ins in reversed(self.ins):
            if ins.op is not Op.PHI:
                break
            found.append(ins)
        return found[::-1]

    def __str__(self) -> str:
        """For debugging only; listings have their own writer."""
        lines: list[str] = []
        snaps: dict[int, list[tuple[int, Snapshot]]] = {}
        for number, snap in enumerate(self.snaps):
            snaps.setdefault(snap.ref, []).append((number, snap))
        for ins in self.ins[1:]:
            for number, snap in snaps.pop(ins.ref, ()):
                lines.append(f"....              SNAP   #{number:<3} {_snapshot(snap)}")
            lines.append(_line(ins))
        for rest in snaps.values():
            for number, snap in rest:
                lines.append(f"....              SNAP   #{number:<3} {_snapshot(snap)}")
        return "\n".join(lines)


def _snapshot(snap: Snapshot) -> str:
    slots = ["----"] * snap.nslots
    for entry in snap.entries:
        slots[entry.slot] = _operand(entry.ref)
    return f"[ {' '.join(slots)} ]"


def _line(ins: Ins) -> str:
    guard, phi = ">" if ins.guard else " ", "+" if ins.phi else " "
    shown = "  ".join(_operand(arg) for arg in ins.args)
    return f"{ins.ref:04d} {guard}{phi} {ins.type.name3} {ins.op.name:6} {shown}".rstrip()


def _operand(arg: object) -> str:
    if not isinstance(arg, Ins):
        return f"#{arg}"
    if not arg.is_const:
        return f"{arg.ref:04d}"
    match arg.op:
        case Op.KPRI:
            return arg.type.name.lower()
        case Op.KINT | Op.KINT64:
            return f"{arg.args[0]:+d}"
        case Op.KNUM:
            return f"{arg.args[0]:+.14g}"
        case Op.KSLOT:
            return f"{_operand(arg.args[0])}@{arg.args[1]}"
        case _:
            return f"[{arg.op.name}:{arg.args[0]:#x}]" if arg.args else "NULL"
