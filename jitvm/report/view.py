"""What the page shows of a log: plain values, ready for JSON, in the order and words of the page.

    view = view_of(log, Sources())
    view.head["traces"][0]      {"number": 1, "start": "demo.lua:3", "link": "loop", ...}
    view.details[0]             {"bytecode": [...], "ir": {...}, "snapshots": [...], "code": {...}, ...}

The head has a line for each trace: the page reads it at once and draws the forest.  Details are read when a
trace is opened, so that hundreds of traces cost nothing.  Recordings that were given up at the same place for
the same reason are one entry, with how often that happened and the details of the first.

Rows are lists, for size; their columns:

    bytecode     pc, depth, op, operands, comment, line, file
    ir.rows      number, flags (> guard, + PHI, } sunk), type, op, operands, index of bytecode
    snapshots    number, ref, slots, place, pc, line, file
    code.rows    offset, text, target, ref
    exits        number, guards, side trace, taken, recordings given up

An operand is a number (an instruction), a text, or [constant, type].  Rows of the IR stand once in `ir.rows`,
however many passes left them alone; `ir.final` and `ir.passes` name them by index.

Files are named by index into `files`.  Invariant: what the log does not know is null, and a panel that would
show nothing else is left out by the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jitvm.model.forest import Forest
from jitvm.model.objects import (
    Bytecode,
    Call,
    Constant,
    Instruction,
    Literal,
    Log,
    MachineCode,
    Operand,
    Place,
    Prototype,
    Ref,
    Snapshot,
    SnapshotSlot,
    Trace,
)
from jitvm.model.printer import HIDDEN
from jitvm.report.reasons import reason_text
from jitvm.report.sources import Sources

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None

STITCH = "stitch"


@dataclass(frozen=True, slots=True)
class View:
    """One run: what is read at once, and what is read trace by trace."""

    head: dict[str, Json]
    details: list[dict[str, Json]]
    #: By index in the log: index in the view.
    indices: dict[int, int]


@dataclass(slots=True)
class _Files:
    """Sources by their chunk names, each once."""

    sources: Sources
    prototypes: tuple[Prototype, ...]
    numbers: dict[str, int] = field(default_factory=dict)
    entries: list[Json] = field(default_factory=list)
    by_base: dict[str, int] = field(default_factory=dict)

    def of_chunk(self, chunk: str) -> int:
        number = self.numbers.get(chunk)
        if number is None:
            number = self.numbers[chunk] = len(self.entries)
            name = chunk[1:] if chunk[:1] in "@=" else "[string]"
            self.entries.append({"name": name, "lines": self.sources.lines(chunk)})
            self.by_base.setdefault(name.rsplit("/", 1)[-1], number)
        return number

    def of_code(self, code: Bytecode) -> int | None:
        return None if code.prototype is None else self.of_chunk(self.prototypes[code.prototype].chunk)

    def of_place(self, place: Place | None) -> int | None:
        """Places have base names only; in a listing nothing tells more."""
        if place is None or place.line is None:
            return None
        known = self.by_base.get(place.name)
        return known if known is not None else self.of_chunk(f"@{place.name}")


def view_of(log: Log, sources: Sources) -> View:
    """The view of one run."""
    forest = Forest(log)
    files = _Files(sources, log.prototypes)
    for prototype in log.prototypes:
        files.of_chunk(prototype.chunk)
    groups = _grouped(log, forest)
    shown = [members[0] for members in groups]
    indices = {member: at for at, members in enumerate(groups) for member in members}
    maker = _Maker(log, forest, files, indices)
    heads: list[Json] = [maker.head(members) for members in groups]
    details = [maker.detail(index) for index in shown]
    head: dict[str, Json] = {"producer": _producer(log), "traces": heads, "files": files.entries}
    return View(head, details, indices)


def _producer(log: Log) -> Json:
    producer = log.producer
    if producer is None:
        return None
    return {
        "name": f"{producer.name} {producer.version}".strip(),
        "script": producer.script,
        "options": list(producer.options),
        "seed": producer.seed,
    }


def _grouped(log: Log, forest: Forest) -> list[list[int]]:
    """Indices of recordings; those that were given up alike are one group."""
    groups: dict[object, list[int]] = {}
    for index, trace in enumerate(log.traces):
        key: object = index
        if trace.link is None:
            why = None if trace.abort is None else (trace.abort.reason, trace.abort.place)
            key = (forest.parents[index], trace.origin, trace.start, why)
        groups.setdefault(key, []).append(index)
    return list(groups.values())


class _Maker:
    """Describes the traces of one log."""

    def __init__(self, log: Log, forest: Forest, files: _Files, indices: Mapping[int, int]) -> None:
        self.log, self.forest, self.files, self.indices = log, forest, files, indices

    def _shown(self, index: int | None) -> int | None:
        return None if index is None else self.indices[index]

    # What is read at once.

    def head(self, members: Sequence[int]) -> dict[str, Json]:
        index = members[0]
        trace = self.log.traces[index]
        taken = self.forest.taken(index) if trace.finished else None
        origin, link, abort = trace.origin, trace.link, trace.abort
        return {
            "number": trace.number,
            "parent": self._shown(self.forest.parents[index]),
            "origin": None if origin is None else str(origin),
            "exit": None if origin is None else (STITCH if origin.exit is None else origin.exit),
            "start": None if trace.start is None else str(trace.start),
            "line": None if trace.start is None else trace.start.line,
            "file": self.files.of_place(trace.start),
            "link": None if link is None else link.type,
            "target": self._shown(self.forest.linked(index)),
            "targetNumber": None if link is None else link.target,
            "abort": None if abort is None else reason_text(abort.reason),
            "at": None if abort is None else str(abort.place),
            "fate": self._fate(members),
            "times": len(members),
            "taken": None if taken is None else sum(taken.values()),
            "counts": _counts(trace),
        }

    def _fate(self, members: Sequence[int]) -> str | None:
        """What recordings that were given up meant for the loop or function, if the log tells."""
        last = self.log.traces[members[-1]].abort
        if last is None:
            return None
        if last.blacklisted:
            return "blacklisted"
        return None if last.penalty is None else f"penalty {last.penalty}"

    # What is read when a trace is opened.

    def detail(self, index: int) -> dict[str, Json]:
        trace = self.log.traces[index]
        return {
            "bytecode": None if trace.bytecode is None else [self._code(code) for code in trace.bytecode],
            "ir": _ir(trace),
            "snapshots": None if trace.snapshots is None else [self._snapshot(s) for s in trace.snapshots],
            "code": None if trace.code is None else _machine_code(trace.code),
            "exits": self._exits(index) if trace.finished else [],
        }

    def _code(self, code: Bytecode) -> Json:
        comment = code.comment if code.comment is not None else code.function
        return [code.pc, code.depth, code.op, _arguments(code), comment, code.line, self.files.of_code(code)]

    def _snapshot(self, snap: Snapshot) -> Json:
        slots = [_slot(slot) for slot in snap.slots]
        place = snap.place
        line = None if place is None else place.line
        where = None if place is None else str(place)
        return [snap.number, snap.ref, slots, where, snap.pc, line, self.files.of_place(place)]

    def _exits(self, index: int) -> list[Json]:
        found: list[Json] = []
        for exit_ in self.forest.exits(index):
            failed = list(dict.fromkeys([self.indices[child] for child in exit_.failed]))
            side = self._shown(exit_.side)
            found.append([exit_.number, list(exit_.guards), side, exit_.taken, failed])
        return found


def _counts(trace: Trace) -> Json:
    return {
        "bytecode": None if trace.bytecode is None else len(trace.bytecode),
        "ir": None if trace.ir is None else len([ins for ins in trace.ir if ins.op not in HIDDEN]),
        "exits": None if trace.snapshots is None else len(trace.snapshots),
        "bytes": None if trace.code is None else trace.code.size,
    }


def _arguments(code: Bytecode) -> str:
    parts = [] if code.a is None else [str(code.a)]
    if code.target is not None:
        parts.append(f"=> {code.target:04d}")
    else:
        parts += [str(operand) for operand in code.operands]
    return " ".join([f"{part:>3}" for part in parts])


# IR.


def _ir(trace: Trace) -> Json:
    if trace.ir is None:
        return None
    rows = _Rows()
    final = rows.indices(trace.ir, registers=trace.registers)
    registers = [ins.register for ins in _visible(trace.ir, registers=trace.registers)]
    passes: list[Json] = [[each.name, rows.indices(each.ir, registers=False)] for each in trace.passes]
    return {
        "final": final,
        "registers": registers if trace.registers else None,
        "passes": passes,
        "rows": rows.rows,
    }


def _visible(ir: Iterable[Instruction], *, registers: bool) -> list[Instruction]:
    """Without what listings leave out."""
    return [ins for ins in ir if ins.op not in HIDDEN and (registers or ins.op != "RENAME")]


class _Rows:
    """Rows of the IR, each once."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._known: dict[Instruction, int] = {}

    def indices(self, ir: Iterable[Instruction], *, registers: bool) -> list[int]:
        return [self._index(ins) for ins in _visible(ir, registers=registers)]

    def _index(self, ins: Instruction) -> int:
        bare = _without_register(ins)
        index = self._known.get(bare)
        if index is None:
            index = self._known[bare] = len(self.rows)
            flags = ("}" if ins.sunk else ">" if ins.guard else "") + ("+" if ins.phi else "")
            operands = [token for operand in ins.operands for token in _tokens(operand)]
            self.rows.append([ins.number, flags, ins.type, ins.op, operands, ins.bytecode])
        return index


def _without_register(ins: Instruction) -> Instruction:
    if ins.register is None:
        return ins
    return Instruction(
        ins.number, ins.op, ins.type, ins.operands, ins.guard, ins.phi, ins.sunk, None, ins.bytecode
    )


def _tokens(operand: Operand) -> list[Json]:
    """What an operand is written as."""
    match operand:
        case Ref(number=number):
            return [number]
        case Literal(text=text):
            return [text]
        case Constant(slot=slot):
            return [_constant(operand)] if slot is None else [_constant(operand), f"@{slot}"]
        case Call(function=function, arguments=arguments, ctype=ctype):
            inner: list[Json] = []
            for argument in arguments:
                inner += _tokens(argument)
            tail: list[Json] = [] if ctype is None else ["ctype", _constant(ctype)]
            return [function, "(", *inner, ")", *tail]


def _constant(constant: Constant) -> Json:
    return [constant.text, constant.type]


def _slot(slot: SnapshotSlot | None) -> Json:
    """null, or [operand, type, marks]: `|` ends a frame, `k` is the hidden index of a traversal."""
    if slot is None:
        return None
    marks = ("|" if slot.frame else "") + ("k" if slot.keyindex else "")
    match slot.value:
        case None:
            return ["----", None, marks]
        case Ref(number=number):
            return [number, slot.type, marks]
        case Constant():
            return [_constant(slot.value), slot.type, marks]


def _machine_code(code: MachineCode) -> Json:
    base = code.instructions[0].address if code.instructions else 0
    rows: list[Json] = [[ins.address - base, ins.text, ins.target, ins.ref] for ins in code.instructions]
    return {"base": f"{base:x}", "size": code.size, "loop": code.loop, "rows": rows}
