"""Recording a run: all that happens to its traces, as data.

    recording = Recording(runtime)
    runtime.call(...)
    recording.log()                 a `jitvm.model.objects.Log`

Besides what listings show, a recording knows which source line and bytecode an instruction was recorded for
(instructions of the loop: the one they repeat), which instruction machine code was written for, where
snapshots resume, the functions of the program, and if asked how often exits were taken and what each
optimisation did.

Invariant: recording changes neither which traces there are nor their code; only the time it takes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace

from ir.abort import Abort
from ir.trace import Trace
from jitvm.front.bytecode import BC
from jitvm.front.chunkid import location
from jitvm.front.proto import ProtoFlag, Prototype
from jitvm.model import objects as model
from jitvm.model.places import place as place_of_text
from jitvm.options import FLAGS, PARAMETERS, Options
from jitvm.record.view import View
from jitvm.tools.attach import RuntimeSources
from jitvm.tools.describe import Describer, decoded, described_bytecode
from jitvm.trace.events import Listener, Place

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

NAME, VERSION = "jitvm", "0.1.0"
#: What loops and function headers become when they are blacklisted.
GIVEN_UP = frozenset((BC.IFORL, BC.IITERL, BC.ILOOP, BC.IFUNCF, BC.IFUNCV, BC.ITERC))


@dataclass(slots=True)
class _Draft:
    """A trace that may not be finished."""

    trace: model.Trace
    serial: int
    bytecode: list[model.Bytecode] = field(default_factory=list)
    #: Refs at which the instructions of a bytecode begin, and which bytecode that is.
    firsts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    passes: list[model.Pass] = field(default_factory=list)
    exits: dict[int, int] = field(default_factory=dict)

    def made(self, counting: bool) -> model.Trace:
        trace = replace(self.trace, bytecode=tuple(self.bytecode), passes=tuple(self.passes))
        if not counting or trace.link is None:
            return trace
        taken = tuple([self.exits.get(number, 0) for number in range(len(trace.snapshots or ()))])
        return replace(trace, exits_taken=taken)


class Recording(Listener):
    """Listens to a runtime from the moment it is made."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        count_exits: bool = False,
        keep_passes: bool = False,
        keep_aborted: bool = False,
    ) -> None:
        """`keep_aborted`: IR and snapshots also of recordings that were given up."""
        self.runtime = runtime
        self.keep_aborted = keep_aborted
        self.sources = RuntimeSources(runtime)
        self.wants_record = True
        self.wants_exit, self.wants_passes = count_exits, keep_passes
        self.drafts: list[_Draft] = []
        self.events: list[model.Event] = []
        self.prototypes: list[model.Prototype] = []
        #: By number in the runtime, which is used again: prototype, and its place in the log.
        self._numbers: dict[int, tuple[Prototype, int]] = {}
        self._by_serial: dict[int, int] = {}
        self._describer: Describer | None = None
        runtime.bus.listen(self)

    def close(self) -> None:
        """Nothing more is recorded."""
        self.runtime.bus.ignore(self)

    def log(self, script: str | None = None) -> model.Log:
        """All that was recorded so far."""
        traces = tuple([draft.made(self.wants_exit) for draft in self.drafts])
        options = self.runtime.options
        producer = model.Producer(NAME, VERSION, settings(options), script, options.seed)
        form = model.Form("dump", "tbisrma" if self.keep_aborted else "tbisrm", "T")
        return model.Log(traces, tuple(self.events), tuple(self.prototypes), producer, form)

    # Events.

    def _describe(self, view: View) -> Describer:
        if self._describer is None:
            self._describer = Describer(view, self.sources)
        return self._describer

    def start(self, view: View, trace: Trace, place: Place) -> None:
        trace.copies = {}
        index = self._by_serial[trace.serial] = len(self.drafts)
        self.drafts.append(_Draft(self._describe(view).started(trace, place), trace.serial))
        self.events.append(model.Started(index))

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        index = self._by_serial.get(trace.serial)
        if index is None:
            return  # It began before the recording did.
        draft = self.drafts[index]
        described = self._describe(view).bytecodes(place.fn, place.pos, depth)
        codes = [replace(code, prototype=self._prototype(code.prototype)) for code in described]
        draft.firsts.append(trace.nins)
        draft.indices.append(len(draft.bytecode))
        draft.bytecode += codes
        last = self.events[-1]
        if isinstance(last, model.Recorded) and last.trace == index:
            self.events[-1] = model.Recorded(index, last.count + len(codes))
        else:
            self.events.append(model.Recorded(index, len(codes)))

    def optimised(self, view: View, trace: Trace, name: str) -> None:
        index = self._by_serial.get(trace.serial)
        if index is not None:
            draft = self.drafts[index]
            draft.passes.append(model.Pass(name, self._instructions(draft, view, trace, registers=False)))

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        index = self._by_serial.get(trace.serial)
        if index is None:
            return
        draft, describer = self.drafts[index], self._describe(view)
        draft.trace = replace(
            draft.trace,
            link=describer.link(trace),
            end=describer.place(place),
            ir=self._instructions(draft, view, trace, registers=True),
            snapshots=self._snapshots(describer, trace),
            code=self.sources.machine_code(trace),
            registers=True,
        )
        self.events.append(model.Stopped(index))

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        index = self._by_serial.get(trace.serial)
        if index is None:
            return
        draft, describer = self.drafts[index], self._describe(view)
        draft.trace = replace(
            draft.trace,
            abort=self._penalised(trace, describer.abort(place, reason)),
            ir=self._instructions(draft, view, trace, registers=False) if self.keep_aborted else None,
            snapshots=self._snapshots(describer, trace) if self.keep_aborted else None,
        )
        self.events.append(model.Aborted(index))

    def flush(self) -> None:
        self.events.append(model.Flushed())

    def exit(self, trace: Trace, number: int) -> None:
        index = self._by_serial.get(trace.serial)
        if index is not None:
            exits = self.drafts[index].exits
            exits[number] = exits.get(number, 0) + 1

    def _penalised(self, trace: Trace, abort: model.Abort) -> model.Abort:
        """With what it cost the loop or function at which the recording began."""
        if trace.parent or trace.exitno:
            return abort
        penalty = self.runtime.jit.compiler.penalties.find(trace.startpc)
        given_up = self.runtime.jit.view.ins(trace.startpc) & 0xFF in GIVEN_UP
        value = None if penalty is None or given_up else penalty.value
        return replace(abort, penalty=value, blacklisted=given_up)

    # Contents.

    def _instructions(
        self, draft: _Draft, view: View, trace: Trace, *, registers: bool
    ) -> tuple[model.Instruction, ...]:
        """With the bytecodes they were recorded for."""
        copies = trace.copies or {}
        found = []
        for ins in self._describe(view).instructions(trace, registers=registers):
            at = bisect_right(draft.firsts, copies.get(ins.number, ins.number)) - 1
            beyond = trace.loop and ins.number >= trace.loop and ins.number not in copies
            found.append(ins if at < 0 or beyond else replace(ins, bytecode=draft.indices[at]))
        return tuple(found)

    def _snapshots(self, describer: Describer, trace: Trace) -> tuple[model.Snapshot, ...]:
        found = []
        for snap, described in zip(trace.snaps, describer.snapshots(trace), strict=True):
            loaded = self.runtime.protos.of_pc(snap.pc)
            if loaded is not None:
                pos = (snap.pc - loaded.bytecode) >> 2
                lines, first = loaded.proto.lines, loaded.proto.firstline
                line = lines[pos] if 0 < pos < len(lines) else first
                text = decoded(location(loaded.proto.chunkname, line))
                described = replace(described, place=place_of_text(text), pc=pos)
            found.append(described)
        return tuple(found)

    def _prototype(self, ident: int | None) -> int | None:
        """The place in the log of a prototype of the runtime."""
        if ident is None:
            return None
        proto = self.sources.prototype(ident)
        known = self._numbers.get(ident)
        if known is None or known[0] is not proto:
            known = self._numbers[ident] = proto, len(self.prototypes)
            self.prototypes.append(described_prototype(proto))
        return known[1]


def described_prototype(proto: Prototype) -> model.Prototype:
    return model.Prototype(
        decoded(proto.chunkname),
        proto.firstline,
        proto.lastline,
        proto.numparams,
        bool(proto.flags & ProtoFlag.VARARG),
        proto.framesize,
        tuple([decoded(name) for name in proto.uvnames]),
        tuple([described_bytecode(proto, pos) for pos in range(len(proto.bytecode))]),
    )


def settings(options: Options) -> tuple[str, ...]:
    """The options that are not the default ones, as the command line has them."""
    usual = Options()
    found = [] if options.jit else ["-joff"]
    for name, flag in FLAGS.items():
        if bool(options.flags & flag) != bool(usual.flags & flag):
            found.append(f"-O{'+' if options.flags & flag else '-'}{name}")
    found += [
        f"-O{name}={options.parameters[name]}"
        for name in PARAMETERS
        if options.parameters[name] != usual.parameters[name]
    ]
    return tuple(found)
