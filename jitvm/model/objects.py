"""What a run did with its traces, as plain data: typed, immutable, comparable, independent of any VM.

    log.traces[1].start                 Place("demo.lua", 3)
    log.traces[1].ir[4]                 Instruction(5, "ADD", "int", (Ref(1), Constant("+1")), phi=True)
    log.traces[1].snapshots[2].slots    (None, None, SnapshotSlot(Ref(5), "int"), ...)
    log.traces[1].link                  Link("loop", 1)

A `Log` is what a listing shows: attempts to record a trace (`Trace`, whether it was finished or not) and
events in their order.  It is made by recording a run (`jitvm.tools.recording`), by reading LuaJIT's text
(`jitvm.model.reader`) or from JSON (`jitvm.model.jsonform`), and printed by `jitvm.model.printer`.  Which
trace is whose side trace: `jitvm.model.forest`.

Invariants: what a listing does not tell is None, never a guess; text that a listing shows is kept as it
stands there, without padding and color; `Log.traces` is in the order in which recordings began; events refer
to traces by their index in it, because numbers are used again.

The fields are those of JSON, in their order, and what is said about them here is said in its schema.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a chunk, or a builtin function, which has no line."""

    name: str
    line: int | None = None

    def __str__(self) -> str:
        return self.name if self.line is None else f"{self.name}:{self.line}"


# Operands.


@dataclass(frozen=True, slots=True)
class Ref:
    """Another instruction, by its number."""

    #: In JSON the number alone.
    bare: ClassVar[str] = "number"
    number: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A number (`#4`), or what listings have for it: flags, types, the name of a field."""

    #: In JSON the text alone.
    bare: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: as listings show it, and in full where the recording knew it."""

    tag: ClassVar[str] = "constant"
    text: str
    #: IR type; None if the listing does not tell.
    type: str | None = None
    #: Strings in full, numbers exactly.
    value: str | None = None
    #: HREFK: the number of the node.
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function that a trace calls, with its arguments."""

    tag: ClassVar[str] = "call"
    #: Name; of CALLXS an address in brackets or the number of an instruction.
    function: str
    arguments: tuple[Ref | Constant, ...] = ()
    #: CALLXS of other than the default type: the C type.
    ctype: Constant | None = None


Operand = Ref | Literal | Constant | Call


# Traces.


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A bytecode that was recorded."""

    pc: int
    op: str
    a: int | None = None
    #: Operands after A, B first; without the target of a jump.
    operands: tuple[int, ...] = ()
    target: int | None = None
    #: The constant or the name of the upvalue that an operand stands for.
    comment: str | None = None
    #: Function headers: the function that is entered.
    function: str | None = None
    #: Calls deep, from where the trace began.
    depth: int = 0
    #: Source line; None in a listing, which does not tell.
    line: int | None = None
    #: Index into `Log.prototypes`.
    prototype: int | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction of the IR."""

    number: int
    op: str
    type: str
    operands: tuple[Operand, ...] = ()
    #: Leaves the trace unless its condition holds.
    guard: bool = False
    #: The left operand of a PHI.
    phi: bool = False
    #: Made only at exits that need it; listings then do not tell whether it guards.
    sunk: bool = False
    #: Register, spill slot, or the allocation a sunk store belongs to; empty: none; None: not told.
    register: str | None = None
    #: The bytecode it was recorded for: index into `Trace.bytecode`.
    bytecode: int | None = None


@dataclass(frozen=True, slots=True)
class SnapshotSlot:
    """What a stack slot holds."""

    #: None: the slot above the function, which nothing needs.
    value: Ref | Constant | None
    type: str | None = None
    #: Part of a frame: a function or a link.
    frame: bool = False
    #: The hidden index of a table traversal.
    keyindex: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The Lua stack that the interpreter must see behind an exit, whose number is the snapshot's."""

    number: int
    #: First instruction that it covers.  A listing with IR shows only before which one it stands.
    ref: int
    #: None: a slot that is right on the stack already.
    slots: tuple[SnapshotSlot | None, ...] = ()
    #: Where the interpreter goes on.
    place: Place | None = None
    pc: int | None = None


@dataclass(frozen=True, slots=True)
class MachineInstruction:
    """One machine instruction."""

    address: int
    text: str
    #: What a jump or call goes to: exit, `LOOP`, function.
    target: str | None = None
    #: IR instruction it computes.
    ref: int | None = None


@dataclass(frozen=True, slots=True)
class MachineCode:
    """The machine code of a trace."""

    #: In bytes.
    size: int
    instructions: tuple[MachineInstruction, ...] = ()
    #: Index of the first instruction of the loop; None if it does not loop.
    loop: int | None = None
    #: All bytes in hexadecimal.
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a trace that is no root trace begins."""

    #: Number of the trace.
    trace: int
    #: Its exit; None: behind the call at which it ended.
    exit: int | None = None

    def __str__(self) -> str:
        return f"{self.trace}/{'stitch' if self.exit is None else self.exit}"


@dataclass(frozen=True, slots=True)
class Link:
    """What happens at the end of a trace."""

    #: loop, root, interpreter, return, stitch, up-recursion, down-recursion, tail-recursion.
    type: str
    #: Number of the trace that goes on; 0: none.
    target: int = 0


@dataclass(frozen=True, slots=True)
class Abort:
    """Why a recording was given up."""

    #: As listings have it, the argument filled in.
    reason: str
    place: Place
    #: LuaJIT's number of the reason; None if it is not one of its own.
    code: int | None = None
    #: What the hot counter of the loop or function begins with now; None: not told, or a side trace.
    penalty: int | None = None
    #: No more attempts are made; None: not told.
    blacklisted: bool | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """An attempt to record a trace.  It has a link if it was finished, an abort if it was given up.

    `bytecode`, `ir`, `snapshots` and `code` are None where a listing does not have them."""

    #: None: a line of `-jv` about an abort.
    number: int | None
    origin: Origin | None = None
    start: Place | None = None
    link: Link | None = None
    abort: Abort | None = None
    #: Where recording ended.
    end: Place | None = None
    bytecode: tuple[Bytecode, ...] | None = None
    ir: tuple[Instruction, ...] | None = None
    snapshots: tuple[Snapshot, ...] | None = None
    code: MachineCode | None = None
    #: Whether instructions have registers.
    registers: bool = False
    #: How often each exit was taken to the interpreter, if that was counted.
    exits_taken: tuple[int, ...] | None = None
    #: IR after each optimisation, in their order, if that was asked for.
    passes: tuple[Pass, ...] = ()

    @property
    def finished(self) -> bool:
        return self.link is not None


@dataclass(frozen=True, slots=True)
class Pass:
    """The IR as an optimisation left it."""

    name: str
    ir: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Prototype:
    """A function of the source text."""

    #: As it was loaded: `@file`, `=name` or the text itself.
    chunk: str
    firstline: int
    lastline: int
    parameters: int = 0
    vararg: bool = False
    framesize: int = 0
    upvalues: tuple[str, ...] = ()
    bytecode: tuple[Bytecode, ...] = ()


# Events.


@dataclass(frozen=True, slots=True)
class Started:
    """A recording begins."""

    tag: ClassVar[str] = "start"
    trace: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """The next `count` bytecodes of a trace are recorded."""

    tag: ClassVar[str] = "record"
    trace: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Stopped:
    """A trace is finished."""

    tag: ClassVar[str] = "stop"
    trace: int


@dataclass(frozen=True, slots=True)
class Aborted:
    """A recording was given up."""

    tag: ClassVar[str] = "abort"
    trace: int


@dataclass(frozen=True, slots=True)
class Flushed:
    """All traces are gone."""

    tag: ClassVar[str] = "flush"


@dataclass(frozen=True, slots=True)
class Exited:
    """A trace was left to the interpreter."""

    tag: ClassVar[str] = "exit"
    #: Number of the trace, and of its exit.
    number: int
    exit: int
    #: Contents of the integer registers.
    integers: tuple[int, ...] = ()
    #: Contents of the floating-point registers, with 14 digits.
    floats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """Text between the lines of a listing: what the program printed."""

    tag: ClassVar[str] = "output"
    text: str


Event = Started | Recorded | Stopped | Aborted | Flushed | Exited | Output


# A whole run.


@dataclass(frozen=True, slots=True)
class Producer:
    """Who ran the program, and how."""

    name: str
    version: str = ""
    options: tuple[str, ...] = ()
    script: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How a listing is written."""

    #: "dump" for -jdump, "verbose" for -jv.
    kind: str = "dump"
    #: Letters of -jdump, in the order of its documentation.
    letters: str = "tbim"
    #: T plain, A with ANSI colors, H for HTML.
    color: str = "T"


@dataclass(frozen=True, slots=True)
class Log:
    """All that happened to the traces of a run."""

    traces: tuple[Trace, ...] = ()
    events: tuple[Event, ...] = ()
    prototypes: tuple[Prototype, ...] = ()
    producer: Producer | None = None
    #: The listing it was read from; how to print it again.
    form: Form = field(default_factory=Form)


#: Members of the unions, for tables that go by class.
EVENTS = (Started, Recorded, Stopped, Aborted, Flushed, Exited, Output)
OPERANDS = (Ref, Literal, Constant, Call)
