"""Runs Lua programs with the recorder on, without machine code.

Every handler is simulated in CPython, through the dispatch tables, so that recording is switched on and off
as it is in machine code; traces are run by `evaluate.py`.
"""

from __future__ import annotations

import gc
import io
from typing import Any

from ir.layout import ACCESS, Ptr, u32
from ir.objects import GCproto, TraceHead, TValue
from ir.trace import Trace
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.front.proto import Prototype
from jitvm.native.simulate import Interp, Leave, Next
from jitvm.options import Options
from jitvm.record.calls import is_return
from jitvm.runtime.engine import SimulatedEngine
from jitvm.runtime.jit import Jit
from jitvm.runtime.runtime import Runtime
from jitvm.tools.dump import Dump
from tests.record.evaluate import run_traces


class TableInterp(Interp):
    """Dispatches through the tables of the heap, as compiled handlers do."""

    def _go(self, jump: Next) -> Next:
        if jump.target is None:
            assert jump.ins is not None
            table = self.g.dispatch if jump.table == "dispatch" else self.g.dispatch_plain
            jump = Next(int(table[jump.ins & 0xFF]), jump.ins >> 8 & 0xFF, jump.ins >> 16)
        return super()._go(jump)


class TracingEngine(SimulatedEngine):
    """Simulated handlers, evaluated traces."""

    def enter(self, g: int, thread: int, pc: int, base: int, kbase: int) -> int:
        from ir.layout import u64
        from ir.objects import VM

        state = TableInterp(Ptr(VM, g), Ptr(TValue, base), Ptr(u32, pc), Ptr(u64, kbase))
        try:
            while True:
                state.step()
        except Leave as leave:
            return leave.status

    def code_generator(self, runtime: Runtime) -> EvaluatedCode:
        return EvaluatedCode(runtime)


class EvaluatedCode:
    """Traces as they are, run by the evaluator."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.hotexit = runtime, 0
        self.side: dict[tuple[int, int], int] = {}
        self.exits: dict[tuple[int, int], int] = {}

    def compile(self, trace: Trace, parent: Trace | None) -> tuple[int, int]:
        if parent is not None:
            self.side[parent.number, trace.exitno] = trace.number
        head = Ptr(TraceHead, self.runtime.heap.aux(TraceHead.sizeof()))
        head.number, head.startins, head.serial = trace.number, trace.startins, trace.serial
        head.mcode = ACCESS.memory.register(lambda vm, a, d: self.enter(vm, trace.number))
        self.runtime.heap.g.traces[trace.number] = head
        return head.addr, 0

    def configure(self, hotexit: int, limit: int) -> None:
        self.hotexit = hotexit

    def discard(self) -> None:
        self.side.clear()
        self.exits.clear()

    def set_exit_counter(self, number: int, exitno: int, value: int) -> None:
        self.exits[number, exitno] = self.hotexit - value

    def enter(self, vm: Any, number: int) -> Next:
        """Run traces; then what `trace_resume` does."""
        jit = self.runtime.jit
        view, compiler = jit.view, jit.compiler
        state = vm.g.cur
        view.enter(state.addr)
        outcome = run_traces(view, compiler.cache.traces, self.side, number, vm.base.addr)
        snap = outcome.trace.snaps[outcome.exitno]
        vm.base = Ptr(TValue, outcome.base)
        vm.g.vmstate = -1
        state.base = vm.base
        nargs = snap.nslots - snap.baseslot
        ins = view.ins(snap.pc)
        is_header = ins & 0xFF >= BC.FUNCF
        fn = view.frame_func(outcome.base - 8)
        if view.is_lua(fn):
            pt = view.func_proto(fn)
            vm.kbase = Ptr(GCproto, pt.address).k
            state.top = vm.base + (nargs if is_header else pt.framesize)
        else:
            state.top = vm.base + nargs
        if not outcome.ended:
            self._count(outcome.trace.number, outcome.exitno, snap.pc)
        ins = view.ins(snap.pc)
        vm.pc = Ptr(u32, snap.pc) + 1
        if is_header:
            return Next(int(vm.g.dispatch[ins & 0xFF]), ins >> 8 & 0xFF, nargs + 1)
        a, d = ins >> 8 & 0xFF, ins >> 16
        match ins & 0xFF:
            case BC.CALLM | BC.CALLMT:
                vm.g.multres = nargs - a - (d & 0xFF) - 1
            case BC.RETM:
                vm.g.multres = nargs + 1 - a - d
            case BC.TSETM:
                vm.g.multres = nargs + 1 - a
            case BC.JLOOP:
                start = compiler.trace(d).startins
                ins = start if is_return(start) else ins
        return Next(ins=ins)

    def _count(self, number: int, exitno: int, pc: int) -> None:
        key = number, exitno
        self.exits[key] = self.exits.get(key, 0) + 1
        if self.exits[key] >= self.hotexit:
            self.runtime.jit.hot_exit(number, exitno, pc)


class Sources:
    """Names for listings; there is no machine code."""

    def __init__(self, jit: Jit) -> None:
        self.jit = jit

    def prototype(self, ident: int) -> Prototype:
        return self.jit.prototype(ident)

    def builtin_name(self, ffid: int) -> str:
        return self.jit.builtin_name(ffid)

    def machine_code(self, trace: Trace) -> None:
        return None

    def register_name(self, trace: Trace, ins: Ins) -> str:
        return ""

    def exit_registers(self) -> tuple[list[int], list[float]]:
        return [], []


def run(runtime: Runtime, source: bytes, name: bytes) -> None:
    """Run a program, and let go of its objects while their heap is the one in use."""
    try:
        runtime.call(runtime.load(source, name))
    finally:
        gc.collect()


def listing(source: bytes, name: str, *settings: str, letters: str = "tbis") -> str:
    """What `-jdump=tbis` prints for a program."""
    runtime = runtime_with(settings)
    out = io.StringIO()
    runtime.bus.listen(Dump(out, Sources(runtime.jit), frozenset(letters)))
    try:
        run(runtime, source, b"@" + name.encode())
    finally:
        LAST.clear()
        LAST.append(out.getvalue())
    return out.getvalue()


#: The listing of the last program, also if it failed; for debugging.
LAST: list[str] = []


def runtime_with(settings: tuple[str, ...]) -> Runtime:
    """A runtime with these `-O` settings."""
    options = Options()
    for setting in settings:
        options.optimise(setting)
    return Runtime(options, TracingEngine())


def result(source: bytes, *settings: str) -> object:
    """The value of the global `result` after a program has run."""
    runtime = runtime_with(settings)
    run(runtime, source, b"=program")
    return runtime.values.to_python(runtime.field(runtime.heap.g.globals, b"result"))
