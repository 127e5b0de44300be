"""The event bus: any number of listeners, each told everything that it wants."""

from __future__ import annotations

from pathlib import Path

from ir.abort import Abort
from ir.trace import Trace
from jitvm.options import Options
from jitvm.record.view import View
from jitvm.runtime.protos import LoadedProto
from jitvm.runtime.runtime import Runtime
from jitvm.trace.events import Bus, Listener, Place
from tests.support import process

LOOPS = b"""local function f(i) return i % 3 == 0 and 1 or 2 end
local s = 0
for i = 1, 300 do s = s + f(i) end
for i = 1, 300 do s = s + #tostring(function() return s end) end
return s"""


class Log(Listener):
    """Keeps what it is told."""

    def __init__(self, *, everything: bool) -> None:
        self.wants_record = self.wants_exit = everything
        self.seen: list[tuple[object, ...]] = []

    def loaded(self, proto: LoadedProto) -> None:
        self.seen.append(("loaded", proto.proto.firstline))

    def start(self, view: View, trace: Trace, place: Place) -> None:
        self.seen.append(("start", trace.number))

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        self.seen.append(("record", trace.number, place.pos))

    def placed(self, trace: Trace, address: int, size: int) -> None:
        self.seen.append(("placed", trace.number, address > 0, size > 0))

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        self.seen.append(("stop", trace.number))

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        self.seen.append(("abort", trace.number))

    def flush(self) -> None:
        self.seen.append(("flush",))

    def exit(self, trace: Trace, number: int) -> None:
        self.seen.append(("exit", trace.number, number))

    def kinds(self) -> set[object]:
        return {each[0] for each in self.seen}


def run(runtime: Runtime, source: bytes = LOOPS) -> None:
    runtime.call(runtime.load(source, b"=loops"))


def test_two_listeners_are_told_the_same_in_order() -> None:
    runtime = Runtime(Options())
    first, second = Log(everything=True), Log(everything=True)
    runtime.bus.listen(first)
    runtime.bus.listen(second)
    run(runtime)
    runtime.flush_traces()
    assert first.seen == second.seen
    assert first.kinds() == {"loaded", "start", "record", "placed", "stop", "abort", "flush", "exit"}
    assert first.seen[:3] == [("loaded", 1), ("loaded", 4), ("loaded", 0)]
    placed = first.seen.index(("placed", 1, True, True))
    assert first.seen[placed + 1] == ("stop", 1)


def test_costly_events_go_only_to_who_wants_them() -> None:
    runtime = Runtime(Options())
    modest, curious = Log(everything=False), Log(everything=True)
    runtime.bus.listen(modest)
    run(runtime)
    assert not runtime.bus.wants_record and runtime.heap.g.exit_watch == 0
    runtime.flush_traces()
    runtime.bus.listen(curious)
    assert runtime.bus.wants_record and runtime.heap.g.exit_watch == 1
    run(runtime)
    assert not modest.kinds() & {"record", "exit"}
    assert curious.kinds() >= {"record", "exit"}
    runtime.bus.ignore(curious)
    assert not runtime.bus.wants_record and runtime.heap.g.exit_watch == 0


def test_exits_are_watched_for_whoever_came_before_the_first_hot_loop() -> None:
    runtime = Runtime(Options())
    log = Log(everything=True)
    runtime.bus.listen(log)
    assert not runtime.has_jit
    run(runtime)
    assert "exit" in log.kinds()


def test_nobody_listens_there_is_no_bus() -> None:
    runtime = Runtime(Options(jit=False))
    run(runtime)
    assert runtime._bus is None


def test_flush_is_told_where_nothing_was_ever_hot() -> None:
    runtime = Runtime(Options())
    log = Log(everything=False)
    runtime.bus.listen(log)
    runtime.flush_traces()
    assert log.seen == [("flush",)] and not runtime.has_jit


class Once(Listener):
    """Leaves in the middle of an event."""

    def __init__(self, bus: Bus) -> None:
        self.bus, self.flushes = bus, 0

    def flush(self) -> None:
        self.flushes += 1
        self.bus.ignore(self)


def test_leaving_in_the_middle_of_an_event() -> None:
    bus = Bus()
    once, log = Once(bus), Log(everything=False)
    bus.listen(once)
    bus.listen(log)
    bus.flush()
    bus.flush()
    assert once.flushes == 1 and log.seen == [("flush",)] * 2


def test_attach_and_both_listings_run_together(tmp_path: Path) -> None:
    script = tmp_path / "together.lua"
    script.write_text(
        "local n, bc = 0, 0\n"
        "jit.attach(function(what) n = n + 1 end, 'trace')\n"
        "jit.attach(function(what) bc = bc + 1 end, 'bc')\n"
        "local s = 0\n"
        "for i = 1, 100 do s = s + i end\n"
        "loadstring('return function() end')()\n"
        "jit.flush()\n"
        "print(s, n, bc)\n"
    )
    verbose, dump = tmp_path / "v", tmp_path / "dump"
    done = process.jitvm(f"-jv={verbose}", f"-jdump=t,{dump}", str(script))
    assert (done.stdout, done.stderr, done.status) == ("5050\t3\t2\n", "", 0)
    assert verbose.read_text() == "[TRACE   1 together.lua:5 loop]\n[TRACE flush]\n"
    assert dump.read_text() == (
        "---- TRACE 1 start together.lua:5\n---- TRACE 1 stop -> loop\n\n---- TRACE flush\n\n"
    )
