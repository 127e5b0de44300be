"""Runs Lua programs with the recorder on, without machine code.

Every handler is simulated in CPython, and traces are run by `evaluate.py`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from ir.layout import Ptr, u32
from ir.objects import GCfunc, GCproto, GCtab, TValue
from ir.passes.flags import ALL, OptFlag
from ir.trace import Trace
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.front.parser import compile_chunk
from jitvm.front.proto import Prototype
from jitvm.native import registry
from jitvm.native.simulate import Interp, Leave, Next
from jitvm.record.calls import is_return
from jitvm.record.loops import jump_of
from jitvm.record.view import ProcessReader, View
from jitvm.runtime.heap import Heap
from jitvm.runtime.protos import Protos
from jitvm.tools.dump import Dump
from jitvm.trace.compiler import Parameters, TraceCompiler
from tests.record.evaluate import run_traces

COUNTING = {BC.FORL: BC.IFORL, BC.LOOP: BC.ILOOP, BC.ITERL: BC.IITERL, BC.FUNCF: BC.IFUNCF, BC.FUNCV: BC.IFUNCV}


@dataclass
class FoldHeap:
    """`ir.heap.Heap` on a simulated heap."""

    heap: Heap

    @property
    def niltv(self) -> int:
        return self.heap.g.ref("niltv").addr

    def intern(self, data: bytes) -> int:
        return self.heap.string(data).addr

    def format_number(self, number: float) -> bytes:
        return b"%.14g" % number

    def parse_number(self, data: bytes) -> float | None:
        try:
            return float(data)
        except ValueError:
            return None

    def table_get(self, table: int, key: object) -> int:
        raise AssertionError("no constant tables here")


class Machine:
    """One program."""

    def __init__(self, source: bytes, name: str, flags: OptFlag = ALL, params: Parameters | None = None) -> None:
        self.world = Heap()
        self.heap = FoldHeap(self.world)
        self.protos = Protos(self.world)
        self.protos.hotcount = 60000  # Counting is done here.
        self.counters: dict[int, int] = {}
        self.recording = 0
        self.nargs = 1
        self.side: dict[tuple[int, int], int] = {}
        self.exits: dict[tuple[int, int], int] = {}
        view = View(ProcessReader(), self.world.g.addr)
        self.jit = TraceCompiler(view, self, params or Parameters(), flags)
        proto = compile_chunk(source, b"@" + name.encode())
        self.main = self.protos.load(proto)
        self.out = io.StringIO()

    # Host of the trace compiler.

    def set_recording(self, on: int) -> None:
        self.recording = on

    def set_counter(self, pc: int, value: int) -> None:
        self.counters[pc] = value

    def compile(self, trace: Trace, parent: Trace | None) -> None:
        if parent is not None:
            self.side[parent.number, trace.exitno] = trace.number

    def discard_code(self) -> None:
        pass

    def silence_exit(self, trace: Trace, exitno: int) -> None:
        pass

    def builtin_name(self, ffid: int) -> str:
        return f"builtin{ffid}"

    def ffid(self, name: str) -> int:
        return 255

    # Sources of listings.

    def prototype(self, ident: int) -> Prototype:
        return self.protos.loaded[ident].proto

    def machine_code(self, trace: Trace) -> None:
        return None

    def register_name(self, trace: Trace, ins: Ins) -> str:
        return ""

    def exit_registers(self) -> tuple[list[int], list[float]]:
        return [], []

    # Running.

    def run(self, limit: int = 1_000_000) -> str:
        """The listings of the program."""
        dump = Dump(self.out, self, frozenset("tbis"))
        self.jit.bus.listen(dump)
        g = self.world.g
        thread = g.main
        fn = self.world.call("func_new_main", g, Ptr(GCproto, self.main), Ptr(GCtab, g.globals.addr))
        fn = fn.addr if isinstance(fn, Ptr) else fn
        base = thread.stack + 6
        base[-2].bits = fn | (0x1FFFF ^ 8) << 47
        base[-1].bits = 1
        thread.base = base
        for op in (BC.FUNCF, BC.FUNCV, BC.JFUNCF, BC.IFUNCF, BC.IFUNCV, BC.FUNCC):
            g.dispatch[op] = self.world.memory.register(self._called)
        vm = Interp(g, base, Ptr(GCfunc, fn).pc, Ptr(GCproto, self.main).k)
        thread.top = base
        try:
            for _ in range(limit):
                if self._step(vm, thread):
                    break
        except Leave:
            pass
        return self.out.getvalue()

    def _called(self, vm: Interp, ra: int, rd: int) -> Next:
        """Stop before each function header, so that it is recorded."""
        vm.pc = vm.pc - 1
        self.nargs = rd
        return Next()

    def _step(self, vm: Interp, thread: Ptr) -> bool:
        """One bytecode; True if its handler does not exist yet."""
        pc = vm.pc.addr
        word = vm.pc[0]
        op = BC(word & 0xFF)
        thread.base = vm.base
        if self.recording:
            thread.top = self._top(vm, op, word)
            self.jit.record(thread.addr, pc)
            word = vm.pc[0]
            op = BC(word & 0xFF)
        elif op in (BC.FORL, BC.LOOP, BC.ITERL, BC.FUNCF):
            step = 1 if op is BC.FUNCF else 2
            left = self.counters.get(pc, self.jit.params.hotloop * 2 - 1) - step
            self.counters[pc] = left
            if left < 0:
                self.jit.hot_loop(thread.addr, pc)
        return self._execute(vm, op, word)

    def _top(self, vm: Interp, op: BC, word: int) -> Ptr:
        """The thread's top: behind open results, for the bytecodes that take them."""
        multres = vm.g.multres
        a, c = word >> 8 & 0xFF, word >> 16 & 0xFF
        match op:
            case BC.CALLM | BC.CALLMT:
                return vm.base + (a + c + 2 + multres - 1)
            case BC.RETM:
                return vm.base + (a + (word >> 16) + multres - 1)
            case BC.TSETM:
                return vm.base + (a + multres - 1)
            case _ if op >= BC.FUNCF:
                return vm.base + (self.nargs - 1)
            case _:
                return vm.base + 0

    def _execute(self, vm: Interp, op: BC, word: int) -> bool:
        """Run one bytecode; where a trace starts, run traces until the interpreter goes on."""
        entered = op in (BC.JFORI, BC.JFORL, BC.JITERL, BC.JLOOP, BC.JFUNCF)
        if not entered:
            return self._plain(vm, COUNTING.get(op, op), word)
        pc = vm.pc.addr
        number = word >> 16
        if op is BC.JFORI:
            number = vm.pc[jump_of(word)] >> 16
            if self._plain(vm, BC.FORI, word):
                return True
            if vm.pc.addr != pc + 4:
                return False
        elif op in (BC.JFORL, BC.JITERL):
            start = self.jit.trace(number).startins
            self._plain(vm, COUNTING[BC(start & 0xFF)], start)
            if vm.pc.addr == pc + 4:
                return False
        self._enter(vm, number)
        return False

    def _enter(self, vm: Interp, number: int) -> None:
        view, cache = self.jit.view, self.jit.cache
        outcome = run_traces(view, cache.traces, self.side, number, vm.base.addr)
        snap = outcome.trace.snaps[outcome.exitno]
        vm.base = Ptr(TValue, outcome.base)
        fn = view.frame_func(outcome.base - 8)
        vm.pc = Ptr(u32, snap.pc)
        if view.ins(snap.pc) & 0xFF >= BC.FUNCF:
            self.nargs = snap.nslots - snap.baseslot + 1
        vm.kbase = Ptr(GCproto, view.func_proto(fn).address).k
        state = self.world.g.main
        state.base = vm.base
        if outcome.ended:
            return
        key = outcome.trace.number, outcome.exitno
        self.exits[key] = self.exits.get(key, 0) + 1
        if self.exits[key] >= self.jit.params.hotexit:
            self.jit.hot_exit(state.addr, outcome.trace.number, outcome.exitno, snap.pc)
        ins = view.ins(snap.pc)
        if ins & 0xFF == BC.JLOOP:
            start = self.jit.trace(ins >> 16).startins
            if is_return(start):
                self._plain(vm, BC(start & 0xFF), start)

    def _plain(self, vm: Interp, op: BC, word: int) -> bool:
        """Run the bytecode as `op`; True if that has no handler yet."""
        if op not in registry.HANDLERS:
            return True
        vm.pc = vm.pc + 1
        jump = registry.HANDLERS[op](vm, word >> 8 & 0xFF, self.nargs if op >= BC.FUNCF else word >> 16)
        while jump.target is not None or jump.table == "dispatch_plain":
            jump = vm._go(jump)
        if jump.ins is not None:
            vm.pc = vm.pc - 1  # The next bytecode was fetched already.
        return False
