"""Handlers in Lua of what happens to traces and functions: `jit.attach`.

    events.attach(handler, "trace")      replaces the handler of that event
    events.send("trace", b"start", 1)    calls it

A handler runs on a Lua stack of its own, so that the program that is interrupted, which may be in the middle
of a bytecode, keeps its stack where it is.  Meanwhile nothing is recorded and no other event is sent.  An
error in a handler is reported and forgotten.
"""

from __future__ import annotations

import os

from ir.abort import Abort
from ir.layout import Ptr
from ir.trace import Trace
from jitvm.front.errors import LuaError
from jitvm.runtime.switch import HOOK_ACTIVE
from jitvm.runtime.value import FUNC_BITS, PROTO_BITS, THREAD_BITS
from jitvm.runtime.values import LuaObject
from jitvm.trace.events import Listener, Place

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.record.view import View
    from jitvm.runtime.protos import LoadedProto
    from jitvm.runtime.runtime import Runtime

REGISTERS = 16
#: Exit number of a trace that continues another one after a call.
STITCHED = -1


class VMEvents(Listener):
    """The handlers of a runtime, one per event."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.handlers: dict[str, LuaObject] = {}
        self.trace: Trace | None = None  # The one an event is about; it may not be finished.
        self._active = False
        self._thread: LuaObject | None = None
        self._listening = False

    def attach(self, handler: LuaObject, event: str) -> None:
        self.handlers[event] = handler
        self._update()

    def detach(self, handler: LuaObject) -> None:
        """From every event."""
        self.handlers = {event: known for event, known in self.handlers.items() if known != handler}
        self._update()

    def _update(self) -> None:
        """Listens for as long as somebody wants to know."""
        bus = self.runtime.bus
        self.wants_record = "record" in self.handlers
        self.wants_exit = "texit" in self.handlers
        if bool(self.handlers) == self._listening:
            bus.update()
        elif self.handlers:
            bus.listen(self)
        else:
            bus.ignore(self)
        self._listening = bool(self.handlers)

    # Calling.

    def send(self, event: str, *args: object) -> None:
        """Calls the handler of an event, if there is one and none is running."""
        handler = self.handlers.get(event)
        if handler is None or self._active:
            return
        self._active = True
        try:
            self.call_aside(handler, *args)
        finally:
            self._active = False

    def call_aside(self, function: LuaObject, *args: object) -> None:
        """Calls a Lua function in the middle of whatever is going on."""
        runtime = self.runtime
        g = runtime.heap.g
        bits = [runtime.values.from_python(arg) for arg in args]
        current = LuaObject(runtime.heap, g.cur.addr | THREAD_BITS)
        kept = g.multres, g.errval.bits, g.savepc, g.hookmask, g.errcode
        recording = g.recording
        if recording:
            runtime.switch.set_recording(0)
        g.hookmask |= HOOK_ACTIVE
        g.cur = self._own_thread().address
        try:
            runtime.call_bits(function.bits, bits)
        except LuaError as error:
            runtime.out.flush()
            os.write(2, b"VM handler failed: " + error.message + b"\n")
        finally:
            g.cur = current.address
            g.multres, g.errval.bits, g.savepc, g.hookmask, g.errcode = kept
            if recording:
                runtime.switch.set_recording(recording)

    def _own_thread(self) -> LuaObject:
        if self._thread is None:
            made = self.runtime.heap.call("state_new", self.runtime.heap.g)
            address = int(made.addr if isinstance(made, Ptr) else made)
            self._thread = LuaObject(self.runtime.heap, address | THREAD_BITS)
        return self._thread

    def _about(self, trace: Trace, *args: object) -> None:
        self.trace = trace
        try:
            self.send(*args)  # type: ignore[arg-type]
        finally:
            self.trace = None

    def _function(self, place: Place) -> object:
        return self.runtime.values.to_python(place.fn | FUNC_BITS)

    # Events.

    def start(self, view: View, trace: Trace, place: Place) -> None:
        origin: tuple[int, ...] = ()
        if trace.parent:
            origin = trace.parent, trace.exitno
        elif trace.exitno:
            origin = trace.exitno, STITCHED
        self._about(trace, "trace", b"start", trace.number, self._function(place), place.pos, *origin)

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        self._about(trace, "trace", b"stop", trace.number, self._function(place))

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        info = reason.argument.encode() if isinstance(reason.argument, str) else reason.argument
        function = self._function(place)
        self._about(trace, "trace", b"abort", trace.number, function, place.pos, int(reason.error), info)

    def flush(self) -> None:
        self.send("trace", b"flush")

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        self._about(trace, "record", trace.number, self._function(place), place.pos, depth)

    def exit(self, trace: Trace, number: int) -> None:
        state = self.runtime.heap.g.exit_state
        integers = [float(state.gpr[index]) for index in range(REGISTERS)]
        floats = [float(state.fpr[index]) for index in range(REGISTERS)]
        self._about(trace, "texit", trace.number, number, REGISTERS, REGISTERS, *integers, *floats)

    def loaded(self, proto: LoadedProto) -> None:
        self.send("bc", self.runtime.values.to_python(proto.address | PROTO_BITS))
