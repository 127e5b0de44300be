"""The trace compiler of a runtime, wired to its heap, its interpreter and its machine code.

    rt.jit.hot_loop(thread, pc)         what upcalls of the interpreter arrive at
    rt.jit.flush()                      jit.flush()

Made when the first loop becomes hot, or when a listing is asked for.  Objects that a trace has as constants
are held for as long as the trace exists; while one is recorded, the collector waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ir.heap import Heap as FoldingHeap
from ir.layout import Ptr, offset_of
from ir.objects import TraceHead
from ir.ops import Op
from ir.record import fields
from ir.trace import Trace
from ir.values import Ins
from jitvm.front.proto import Prototype
from jitvm.lib.ffnames import FFIDS, FFNAMES
from jitvm.record.view import ProcessReader, View
from jitvm.runtime.values import format_number, parse_number
from jitvm.trace.compiler import Parameters, TraceCompiler

if TYPE_CHECKING:
    from jitvm.options import Options
    from jitvm.runtime.protos import LoadedProto
    from jitvm.runtime.runtime import Runtime

MAX_TRACES = 65536
_LINK = offset_of(TraceHead, "link")


#: Never reached by what is allocated.
NO_THRESHOLD = (1 << 64) - 1


class CodeGenerator(Protocol):
    """Turns traces into something the interpreter can enter."""

    def compile(self, trace: Trace, parent: Trace | None) -> tuple[int, int]:
        """Address and size of the code."""

    def configure(self, hotexit: int, limit: int) -> None: ...
    def discard(self) -> None: ...
    def set_exit_counter(self, number: int, exitno: int, value: int) -> None: ...
    def divert(self) -> None: ...
    def undivert(self) -> None: ...


class TraceHeap(FoldingHeap):
    """What folding asks of the heap."""

    def __init__(self, runtime: Runtime) -> None:
        self._heap = runtime.heap
        self._nil = runtime.heap.g.ref("niltv").addr

    @property
    def niltv(self) -> int:
        return int(self._nil)

    def intern(self, data: bytes) -> int:
        return int(self._heap.string(data).addr)

    def format_number(self, number: float) -> bytes:
        return format_number(number)

    def parse_number(self, data: bytes) -> float | None:
        return parse_number(data)

    def format_item(self, call: int, spec: int, value: Ins) -> bytes | None:
        from jitvm.lib.format_items import item_of_constant

        return item_of_constant(call, spec, value)


class Jit:
    """`jitvm.trace.compiler.Host`, and the interpreter's upcalls."""

    def __init__(self, runtime: Runtime, code: CodeGenerator) -> None:
        self.runtime, self.code = runtime, code
        self.heap = TraceHeap(runtime)
        g = runtime.heap.g
        self._g = g
        self._handles: list[int] = []
        self._collector = 0, 0  # Set aside while recording.
        self.view = View(ProcessReader(), g.addr)
        self.compiler = TraceCompiler(
            self.view, self, runtime.bus, parameters(runtime.options), runtime.options.flags
        )
        self.compiler.seed_random(runtime.options.seed)
        runtime.bus.watch_exits = self._watch_exits
        runtime.bus.update()
        self.configure(runtime.options)

    def configure(self, options: Options) -> None:
        """After a change of options."""
        self.compiler.params = parameters(options)
        self.compiler.cache.limit = self.compiler.params.maxtrace
        self.compiler.flags = options.flags
        self.compiler.enabled = options.jit
        self.code.configure(options.parameters["hotexit"], options.parameters["maxmcode"] << 10)
        self.compiler.crowded = self.compiler.pause = 0  # Limits may have been raised.

    def _watch_exits(self, wanted: bool) -> None:
        self._g.exit_watch = int(wanted)

    # Upcalls.

    @property
    def _is_hooked(self) -> bool:
        """A hook wants to see what the program does: nothing is recorded."""
        return bool(self._g.hookmask)

    def hot_loop(self, thread: int, pc: int) -> None:
        if not self._is_hooked:
            self.compiler.hot_loop(thread, pc)

    def hot_call(self, thread: int, pc: int) -> None:
        if not self._is_hooked:
            self.compiler.hot_call(thread, pc)

    def record(self, thread: int, pc: int) -> None:
        self.compiler.record(thread, pc)

    def hot_exit(self, number: int, exitno: int, pc: int) -> None:
        if not self._is_hooked:
            self.compiler.hot_exit(self._g.cur.addr, number, exitno, pc)

    def exit_taken(self, number: int, exitno: int) -> None:
        """Somebody wants to know of exits."""
        trace = self.compiler.cache.traces.get(number)
        if trace is not None:
            self.compiler.bus.exit(trace, exitno)

    def stitch(self, thread: int, pc: int, number: int) -> None:
        if not self._is_hooked:
            self.compiler.stitch(thread, pc, number)

    def error_thrown(self) -> None:
        self.compiler.error_thrown()

    # Prototypes come and go.

    def start_protos(self) -> set[int]:
        """Prototypes whose bytecode traces start at; others a trace needs are held with its constants."""
        return {trace.startpt for trace in self.compiler.cache.traces.values()}

    def forget(self, dead: list[LoadedProto]) -> None:
        """Bytecode is gone; other bytecode may come to stand there."""
        for slot in self.compiler.penalties.slots:
            if slot.pc and any(0 <= slot.pc - one.address < one.size for one in dead):
                slot.pc = slot.value = 0

    # For the program.

    def flush(self) -> None:
        """Drop all traces.  None may be running, as is the case in any library function."""
        self.compiler.flush()

    def flush_trace(self, number: int) -> None:
        self.compiler.flush_trace(number)

    def flush_proto(self, proto: int) -> None:
        self.compiler.flush_proto(proto)

    def interrupt(self) -> None:
        """Have running traces leave soon.  Callable from any thread."""
        self.code.divert()

    def resume(self) -> None:
        """The interrupt has been seen."""
        self.code.undivert()

    # The rest of the VM, as the trace compiler needs it.

    def set_recording(self, on: int) -> None:
        g = self._g
        if on:
            # No collection: nothing else keeps alive what the recording mentions, or made by folding.
            self._collector = g.gc_stopped, g.gc_threshold
            g.gc_stopped, g.gc_threshold = 1, NO_THRESHOLD
        elif g.recording:
            g.gc_stopped, g.gc_threshold = self._collector
        self.runtime.switch.set_recording(on)

    def set_counter(self, pc: int, value: int) -> None:
        self.runtime.protos.set_counter(pc, value)

    def compile(self, trace: Trace, parent: Trace | None) -> None:
        address, size = self.code.compile(trace, parent)
        self._handles += [self.runtime.heap.hold(k.args[0]) for k in trace.consts if k.op is Op.KGC]
        self.compiler.bus.placed(trace, address, size)

    def discard_code(self) -> None:
        self.code.discard()
        for handle in self._handles:
            self.runtime.heap.release(handle)
        self._handles.clear()

    def set_link(self, number: int, target: int) -> None:
        head = self.view.read.u64(self._g.traces.addr + 8 * number)
        self.view.read.set_u32(head + _LINK, target)

    def set_exit_counter(self, number: int, exitno: int, value: int) -> None:
        self.code.set_exit_counter(number, exitno, value)

    def builtin_name(self, ffid: int) -> str:
        return FFNAMES[ffid]

    def ffid(self, name: str) -> int:
        return FFIDS[name]

    # Sources of listings.

    def prototype(self, ident: int) -> Prototype:
        return self.runtime.protos.numbered(ident).proto


def parameters(options: Options) -> Parameters:
    return Parameters(**{field.name: options.parameters[field.name] for field in fields(Parameters)})


def make_jit(runtime: Runtime) -> Jit:
    """The trace compiler of a runtime whose engine says how traces are run."""
    g = runtime.heap.g
    if g.traces.addr == 0:
        g.traces = Ptr(Ptr(TraceHead), runtime.heap.aux(8 * MAX_TRACES))
    return Jit(runtime, runtime.engine.code_generator(runtime))  # type: ignore[attr-defined]
