"""The life cycle of traces.

    idle --hot--> recording --complete--> optimise, compile, install --> idle
                      `------ Abort ------> penalise, maybe blacklist --> idle

The interpreter calls in at hot loops, calls and exits, and, while a recording is on, before each bytecode.
All that can go wrong while recording or compiling raises `Abort`, which is caught here and nowhere else.  Any
other exception is a bug of ours, which is no reason for the program to fail: it gives up the trace too, and
JITVM_STATS=1 shows it; where JITVM_CHECK=1, as in all tests, it ends the run.

Invariants: at most one recording at a time; `host.set_recording` is on exactly while there is one; the
bytecode of the program is patched only while a trace is installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from ir.abort import Abort, TraceError
from ir.builder import TraceBuilder
from ir.heap import Heap
from ir.objects import Frame
from ir.passes.dce import dce
from ir.passes.flags import ALL, OptFlag
from ir.passes.loop import LoopResult, loop_opt
from ir.passes.sink import sink
from ir.record import dataclass, field
from ir.trace import LinkType, Trace
from jitvm.front.bytecode import BC
from jitvm.front.proto import ProtoFlag
from jitvm.record import recorders  # noqa: F401  Every recorder registers on import.
from jitvm.record.calls import is_return
from jitvm.record.recorder import Recorder
from jitvm.record.snap import dead_at_loop
from jitvm.record.start import begin
from jitvm.record.view import ProtoView, View
from jitvm.trace.cache import TraceCache
from jitvm.trace.events import Bus, Place
from jitvm.trace.install import blacklist, install_root, set_op, uninstall_root
from jitvm.trace.patience import Patience
from jitvm.trace.penalty import Penalties

CALLS = (BC.CALLM, BC.CALL, BC.ITERC)
#: What a counter is set to for an immediate retry.
RETRY_NOW = 1
#: Lack of room costs nothing the first few times; then ever more hot loops and exits are ignored.
FREE_FLUSHES, LONGEST_PAUSE = 4, 1 << 16
DONE = 255  # An exit that never becomes hot (again).


@dataclass(slots=True)
class Parameters:
    """`-O` parameters by LuaJIT's names, with its defaults."""

    maxtrace: int = 1000
    maxrecord: int = 4000
    maxirconst: int = 500
    maxside: int = 100
    maxsnap: int = 500
    minstitch: int = 0
    hotloop: int = 56
    hotexit: int = 10
    tryside: int = 4
    instunroll: int = 4
    loopunroll: int = 15
    callunroll: int = 3
    recunroll: int = 2
    sizemcode: int = 64
    maxmcode: int = 512
    patience: int = 1000


class Host(Protocol):
    """The rest of the VM, as the trace compiler needs it."""

    heap: Heap

    def set_recording(self, on: int) -> None:
        """Route every bytecode through the recorder, or no longer."""

    def set_counter(self, pc: int, value: int) -> None:
        """Hot counter of the bytecode at `pc`."""

    def compile(self, trace: Trace, parent: Trace | None) -> None:
        """Machine code for a trace, linked to its parent's exit if it has a parent.  May raise `Abort`."""

    def discard_code(self) -> None:
        """All traces are gone, and no jump leads into them."""

    def set_link(self, number: int, target: int) -> None:
        """The trace that goes on after the call at which trace `number` ends."""

    def set_exit_counter(self, number: int, exitno: int, value: int) -> None:
        """So many more exits of trace `number` here, until it is hot again."""

    def builtin_name(self, ffid: int) -> str: ...

    def ffid(self, name: str) -> int: ...


@dataclass(slots=True, eq=False)
class TraceCompiler:
    """One per runtime."""

    view: View
    host: Host
    bus: Bus
    params: Parameters = field(default_factory=Parameters)
    flags: OptFlag = ALL
    recorder: Recorder | None = None
    enabled: bool = True
    started: int = 0  # Recordings so far.
    failed: bool = False  # An error was thrown while recording.
    bugs: list[Exception] = field(default_factory=list)  # What should not have gone wrong.
    crowded: int = 0  # Flushes for lack of room.
    pause: int = 0  # So many hot loops and exits are still to be ignored.
    patience: Patience = field(default_factory=Patience)
    cache: TraceCache = field(init=False)
    penalties: Penalties = field(init=False)

    def __post_init__(self) -> None:
        self.cache = TraceCache(self.params.maxtrace)
        self.penalties = Penalties()

    def seed_random(self, seed: int) -> None:
        """Another seed for what is random about penalties."""
        self.penalties = Penalties(seed)

    # What the recorder asks.

    def trace(self, number: int) -> Trace:
        return self.cache.traces[number]

    def ffid(self, name: str) -> int:
        return self.host.ffid(name)

    def builtin_name(self, ffid: int) -> str:
        return self.host.builtin_name(ffid)

    def is_shared_builtin(self, ffid: int) -> bool:
        """Functions of which there are many closures."""
        return self.host.builtin_name(ffid) in ("coroutine.wrap_aux", "string.gmatch_aux")

    def side_traces(self, root: int) -> int:
        return self.cache.side_count.get(root, 0)

    def inner_loop_left(self, pc: int) -> bool:
        return self.penalties.inner_loop_left(pc)

    def retry_call(self, pc: int, number: int) -> None:
        """Drop a trace that only returns; its function becomes hot again soon."""
        self.flush_trace(number)
        self.host.set_counter(pc, self.penalties.random(4))

    # Entry points of the interpreter.

    def hot_loop(self, state: int, pc: int) -> None:
        """The counter of the loop bytecode or function header at `pc` ran out."""
        threshold = self.params.hotloop * 2
        self.host.set_counter(pc, threshold)
        if self.recorder is not None or not self.enabled or self._pauses():
            return
        missing = self.patience.wait((0, pc), threshold, self.params.patience)
        if missing:
            self.host.set_counter(pc, missing)
        else:
            self._start(state, pc, 0, 0)

    hot_call = hot_loop

    def hot_exit(self, state: int, number: int, exitno: int, pc: int) -> None:
        """An exit of a trace has been taken often; `pc` is where the interpreter goes on."""
        trace = self.cache.traces.get(number)
        if trace is None or not self.enabled or self.recorder is not None or self._pauses():
            return
        self.view.enter(state)
        snap = trace.snaps[exitno]
        if snap.count == DONE or not self.view.is_lua(self.view.frame_func(self.view.base - 8)):
            return
        missing = self.patience.wait((trace.serial, exitno), self.params.hotexit, self.params.patience)
        if missing:
            self.host.set_exit_counter(number, exitno, missing)
            return
        snap.count = max(snap.count + 1, self.params.hotexit)
        self._start(state, pc, number, exitno)
        if self.recorder is not None:
            self._expose_start(self.recorder, pc)

    def _expose_start(self, rec: Recorder, pc: int) -> None:
        """A return or ITERN that another trace starts at shows itself once more."""
        ins = self.view.ins(pc)
        if ins & 0xFF == BC.JLOOP:
            start = self.cache.traces[ins >> 16].startins
            if is_return(start) or start & 0xFF == BC.ITERN:
                rec.patch, rec.bcskip = (pc, ins), 1
                self.view.read.set_u32(pc, start)

    def stitch(self, state: int, pc: int, number: int) -> None:
        """The call at `pc`, at which trace `number` ended, has returned: go on with a trace from there."""
        if self.recorder is None and self.enabled:
            self._start(state, pc, 0, number)

    def record(self, state: int, pc: int) -> None:
        """The bytecode at `pc` is about to be executed."""
        rec = self.recorder
        assert rec is not None, "not recording"
        rec.locate(state, pc)
        self._guarded(self._step)

    def error_thrown(self) -> None:
        """A Lua error unwinds the stack: the recording, if there is one, cannot go on."""
        self.failed = True

    # Recording.

    def _start(self, state: int, pc: int, parent: int, exitno: int) -> None:
        view = self.view
        view.forget()
        view.enter(state)
        pt = view.func_proto(view.frame_func(view.base - 8))
        if view.proto_flags(pt.address) & ProtoFlag.NOJIT:
            self._disable(pt, pc, parent, exitno)
            return
        number = self.cache.next_number()
        if number is None:
            self._make_room()
            return
        trace = self._new_trace(number, parent, exitno)
        trace.startpc, trace.startpt, trace.startins = pc, pt.address, view.ins(pc)
        builder = TraceBuilder(trace, self.flags, self.host.heap)
        rec = self.recorder = Recorder(view, builder, self, self.params, parent, exitno)
        rec.locate(state, pc)
        self.failed = False
        place = self._place(rec)
        self.bus.start(view, trace, place)
        self.host.set_recording(1)
        self._guarded(self._begin)

    def _new_trace(self, number: int, parent: int, exitno: int) -> Trace:
        self.started += 1
        trace = Trace(number, parent, exitno)
        trace.serial = self.started
        return trace

    def _disable(self, pt: ProtoView, pc: int, parent: int, exitno: int) -> None:
        """The function is not to be compiled: no more hot counting at this bytecode."""
        view = self.view
        op = view.ins(pc) & 0xFF
        if parent == 0 and exitno == 0 and op != BC.ITERN:
            set_op(view, pc, op + 1)
            view.set_proto_flags(pt.address, view.proto_flags(pt.address) | ProtoFlag.ILOOP)

    def _guarded(self, action: Callable[[Recorder], None]) -> None:
        """Run one step; restart where the recorder asks for it."""
        rec = self.recorder
        assert rec is not None
        while True:
            try:
                action(rec)
                return
            except Abort as reason:
                again = self._abort(rec, reason)
            except Exception as bug:
                if os.environ.get("JITVM_CHECK") == "1":
                    raise
                self.bugs.append(bug)
                again = self._abort(rec, Abort(TraceError.RECERR))
            if again is None:
                return
            rec, action = again, self._begin_at_return

    def _begin(self, rec: Recorder) -> None:
        record_first = begin(rec)
        if rec.finished:
            self._finish(rec)
        elif record_first:
            self._step(rec)

    def _begin_at_return(self, rec: Recorder) -> None:
        """The return that a down-recursion goes through belongs to the trace."""
        begin(rec)
        self._step(rec)

    def _step(self, rec: Recorder) -> None:
        if self.failed:
            raise Abort(TraceError.RECERR)
        if rec.patch is not None:
            if rec.bcskip:
                rec.bcskip = 0
            else:
                rec.undo_patch()
        if self.bus.wants_record:
            self._tell_bytecode(rec)
        rec.step()
        if rec.finished:
            self._finish(rec)
        elif rec.retried:
            rec.retried = False
            if self.bus.wants_record:
                self._tell_bytecode(rec)

    def _tell_bytecode(self, rec: Recorder) -> None:
        self.bus.record(rec.view, rec.cur, self._place(rec), rec.framedepth)

    def _finish(self, rec: Recorder) -> None:
        """The recorder has closed the trace."""
        rec.undo_patch()
        rec.loopref = 0
        trace = rec.cur
        trace.startpc = trace.startpc or rec.pc
        self._tell(trace, "record")
        looping = trace.link == trace.number and rec.framedepth + rec.retdepth == 0
        if looping and self.flags & OptFlag.LOOP:
            dce(rec.builder)
            self._tell(trace, "dce")
            if 2 * len(trace.snaps) - 2 > self.params.maxsnap:  # The loop repeats all but the first and last.
                raise Abort(TraceError.SNAPOV)
            trace.dead_at_loop = dead_at_loop(rec)
            if loop_opt(rec.builder, rec.baseslot + rec.maxslot) is LoopResult.UNROLL:
                trace.link, trace.linktype = 0, LinkType.NONE
                rec.loopref = rec.nins
                rec.finished = False
                return  # One more iteration often settles the types.
            self._tell(trace, "loop")
        self._complete(rec)

    def _tell(self, trace: Trace, name: str) -> None:
        """Of an optimisation that has been done."""
        if self.bus.wants_passes:
            self.bus.optimised(self.view, trace, name)

    def _complete(self, rec: Recorder) -> None:
        trace = rec.cur
        self.patience.spent += rec.nins
        sink(rec.builder)
        self._tell(trace, "sink")
        if not trace.loop:
            trace.snaps[-1].count = DONE
        parent = self.cache.traces[rec.parent] if rec.parent else None
        self.host.compile(trace, parent)
        self._install(rec, trace, parent)
        self.cache.add(trace)
        place = self._place(rec)
        self._idle()
        self.bus.stop(self.view, trace, place)

    def _install(self, rec: Recorder, trace: Trace, parent: Trace | None) -> None:
        if parent is not None:
            snap = parent.snaps[rec.exitno]
            snap.count = DONE
        elif trace.startins & 0xFF in CALLS:
            self._link(rec.exitno, trace.number)
        else:
            install_root(self.view, trace)

    def _link(self, number: int, target: int) -> None:
        """Where a trace that ended in a call goes on after it."""
        if number in self.cache.traces:
            self.cache.traces[number].link = target
            self.host.set_link(number, target)

    def _idle(self) -> None:
        self.recorder = None
        self.host.set_recording(0)

    def _place(self, rec: Recorder) -> Place:
        return Place(rec.fn, (rec.pc - rec.pt.bc) >> 2 if rec.pt is not None else -1)

    # Giving up.

    def _abort(self, rec: Recorder, reason: Abort) -> Recorder | None:
        """Penalise and tell; a new recording to go on with, or None."""
        rec.undo_patch()
        trace = rec.cur
        self.patience.spent += rec.nins
        if rec.parent == 0 and not is_return(trace.startins):
            self._penalise(rec, trace, reason.error)
        trace.link, trace.linktype = 0, LinkType.NONE
        place = self._lua_place(rec)
        self.cache.release(trace.number)
        self._idle()
        self.bus.abort(self.view, trace, place, reason)
        if reason.error is TraceError.DOWNREC and not self.failed:
            return self._restart_at_return(rec)
        if reason.error is TraceError.MCODEAL:
            self._make_room()
        return None

    def _penalise(self, rec: Recorder, trace: Trace, error: TraceError) -> None:
        pc = trace.startpc
        if rec.exitno:
            self._link(rec.exitno, rec.exitno)  # A trace linked to itself is not stitched to again.
        elif error is TraceError.RETRY:
            self.host.set_counter(pc, RETRY_NOW)
        else:
            value = self.penalties.add(pc, error)
            if value is None:
                blacklist(self.view, trace.startpt, pc)
            else:
                self.host.set_counter(pc, value)

    def _lua_place(self, rec: Recorder) -> Place:
        """The place in the innermost Lua function: aborts in builtins are reported at the call.

        A thread whose function left its frame to a builtin has none: then it is that of the recording."""
        view, frame, pc = self.view, self.view.base - 8, rec.pc
        fn = view.frame_func(frame)
        while not view.is_lua(fn):
            link = view.link(frame)
            if link & 7 in (Frame.C, Frame.CP):
                return self._place(rec)
            pc = (view.value_at(frame - 16) if link & 7 == Frame.CONT else link) - 4
            frame = view.frame_prev(frame)
            fn = view.frame_func(frame)
        return Place(fn, (pc - view.func_proto(fn).bc) >> 2)

    def _restart_at_return(self, rec: Recorder) -> Recorder | None:
        """Down-recursion is recorded from the return instruction."""
        if rec.view.ins(rec.pc) & 0xFF == BC.RETM:
            return None
        number = self.cache.next_number()
        assert number is not None and rec.pt is not None
        trace = self._new_trace(number, 0, 0)
        trace.startpc, trace.startpt, trace.startins = rec.pc, rec.pt.address, rec.view.ins(rec.pc)
        builder = TraceBuilder(trace, self.flags, self.host.heap)
        again = self.recorder = Recorder(self.view, builder, self, self.params)
        again.pc, again.fn, again.pt = rec.pc, rec.fn, rec.pt
        place = self._place(again)
        self.bus.start(self.view, trace, place)
        self.host.set_recording(1)
        return again

    # Flushing.

    def flush_trace(self, number: int) -> None:
        """No way leads into this root trace any more, except from other traces."""
        trace = self.cache.traces.get(number)
        if trace is not None and trace.root == 0 and trace.startins & 0xFF not in CALLS:
            uninstall_root(self.view, trace)

    def flush_proto(self, proto: int) -> None:
        """No way leads into the root traces that start in a function."""
        for number, trace in self.cache.traces.items():
            if trace.startpt == proto:
                self.flush_trace(number)

    def _make_room(self) -> None:
        """Flush because a limit is reached.

        A program whose traces never fit would compile all the time: it gets pauses, each twice as long."""
        self.flush()
        self.crowded += 1
        if self.crowded > FREE_FLUSHES:
            self.pause = min(1 << self.crowded, LONGEST_PAUSE)

    def _pauses(self) -> bool:
        if self.pause == 0:
            return False
        self.pause -= 1
        return True

    def flush(self) -> None:
        """Forget all traces."""
        for number in sorted(self.cache.traces, reverse=True):
            self.flush_trace(number)
        self.cache.clear()
        self.penalties.clear()
        self.patience.forget()
        self.host.discard_code()
        self.bus.flush()
