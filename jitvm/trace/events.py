"""What happens to traces, told to whoever listens: listings, statistics, tests.

    bus.listen(Dump(out))
    bus.start(trace, fn, pc)       calls `start` of every listener

A listener overrides the methods it cares about.  Events are sent before the recorder goes on, in order.
"""

from __future__ import annotations

from collections.abc import Callable

from ir.abort import Abort
from ir.record import dataclass, field
from ir.trace import Trace
from jitvm.record.view import View


@dataclass(slots=True, frozen=True)
class Place:
    """Where the program is: a function and a bytecode in it, -1 in a builtin."""

    fn: int
    pos: int


class Listener:
    """Does nothing on every event."""

    #: False: `record` and `exit`, the costly ones, need not be sent.
    wants_record = False
    wants_exit = False

    def start(self, view: View, trace: Trace, place: Place) -> None:
        """A recording begins."""

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        """A bytecode is about to be recorded, `depth` calls deep."""

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        """A trace is complete and installed."""

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        """A recording was given up."""

    def flush(self) -> None:
        """All traces are gone."""

    def exit(self, trace: Trace, number: int) -> None:
        """A trace was left through an exit."""


@dataclass(slots=True)
class Bus:
    """The listeners, in the order they came."""

    listeners: list[Listener] = field(default_factory=list)
    wants_record: bool = False
    #: Told whether anybody wants to know of exits.
    watch_exits: Callable[[bool], None] = lambda wanted: None

    def listen(self, listener: Listener) -> None:
        self.listeners.append(listener)
        self._update()

    def ignore(self, listener: Listener) -> None:
        self.listeners.remove(listener)
        self._update()

    def _update(self) -> None:
        self.wants_record = any(each.wants_record for each in self.listeners)
        self.watch_exits(any(each.wants_exit for each in self.listeners))
