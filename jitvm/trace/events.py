"""What happens to functions and traces, told to any number of listeners: listings, recordings, tests.

    bus.listen(Dump(out))
    bus.listen(Counter())                       both are told everything, in the order they came
    bus.start(view, trace, place)               calls `start` of every listener

`jit.attach`, `-jv`, `-jdump` and recordings are listeners like any other.  A listener overrides the methods
it cares about.  Events are sent in order, before the VM goes on.  A listener may come or go in the middle of
an event: that takes effect with the next one.

Nobody listens: the bus is not even made (`Runtime.bus` is).  `record`, `exit` and `optimised`, which are
costly, are sent only to those who want them, and cost nothing when nobody does.
"""

from __future__ import annotations

from collections.abc import Callable

from ir.record import dataclass

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from ir.abort import Abort
    from ir.trace import Trace
    from jitvm.record.view import View
    from jitvm.runtime.protos import LoadedProto


@dataclass(slots=True, frozen=True)
class Place:
    """Where the program is: a function and a bytecode in it, -1 in a builtin."""

    fn: int
    pos: int


class Listener:
    """Does nothing on every event."""

    #: False: `record`, `exit` and `optimised`, the costly ones, need not be sent.
    wants_record = False
    wants_exit = False
    wants_passes = False

    def loaded(self, proto: LoadedProto) -> None:
        """A function of the source text has become bytecode; those it creates were loaded before."""

    def start(self, view: View, trace: Trace, place: Place) -> None:
        """A recording begins."""

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        """A bytecode is about to be recorded, `depth` calls deep."""

    def optimised(self, view: View, trace: Trace, name: str) -> None:
        """An optimisation has been done; "record" is what the recorder made."""

    def placed(self, trace: Trace, address: int, size: int) -> None:
        """Machine code has been written; `stop` follows."""

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        """A trace is complete and installed."""

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        """A recording was given up."""

    def flush(self) -> None:
        """All traces are gone."""

    def exit(self, trace: Trace, number: int) -> None:
        """A trace was left through an exit, to the interpreter."""


class Bus:
    """The listeners, in the order they came."""

    __slots__ = ("listeners", "wants_passes", "wants_record", "watch_exits")

    def __init__(self) -> None:
        self.listeners: tuple[Listener, ...] = ()
        self.wants_record = self.wants_passes = False
        #: Told whether anybody wants to know of exits.
        self.watch_exits: Callable[[bool], None] = lambda wanted: None

    def listen(self, listener: Listener) -> None:
        self.listeners = (*self.listeners, listener)
        self.update()

    def ignore(self, listener: Listener) -> None:
        self.listeners = tuple([each for each in self.listeners if each is not listener])
        self.update()

    def update(self) -> None:
        """After a listener has changed its mind about what it wants."""
        self.wants_record = any(each.wants_record for each in self.listeners)
        self.wants_passes = any(each.wants_passes for each in self.listeners)
        self.watch_exits(any(each.wants_exit for each in self.listeners))

    # Sending.

    def loaded(self, proto: LoadedProto) -> None:
        for listener in self.listeners:
            listener.loaded(proto)

    def start(self, view: View, trace: Trace, place: Place) -> None:
        for listener in self.listeners:
            listener.start(view, trace, place)

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        for listener in self.listeners:
            if listener.wants_record:
                listener.record(view, trace, place, depth)

    def optimised(self, view: View, trace: Trace, name: str) -> None:
        for listener in self.listeners:
            if listener.wants_passes:
                listener.optimised(view, trace, name)

    def placed(self, trace: Trace, address: int, size: int) -> None:
        for listener in self.listeners:
            listener.placed(trace, address, size)

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        for listener in self.listeners:
            listener.stop(view, trace, place)

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        for listener in self.listeners:
            listener.abort(view, trace, place, reason)

    def flush(self) -> None:
        for listener in self.listeners:
            listener.flush()

    def exit(self, trace: Trace, number: int) -> None:
        for listener in self.listeners:
            if listener.wants_exit:
                listener.exit(trace, number)
