"""All traces by number.  Numbers are reused, lowest first, as LuaJIT does."""

from __future__ import annotations

from ir.record import dataclass, field
from ir.trace import Trace


@dataclass(slots=True)
class TraceCache:
    """Finished traces, and for each root the number of its side traces."""

    limit: int
    traces: dict[int, Trace] = field(default_factory=dict)
    side_count: dict[int, int] = field(default_factory=dict)
    free: int = 1  # No number below is free.

    def next_number(self) -> int | None:
        """A number for a new trace; None if there are too many traces."""
        number = self.free
        while number in self.traces:
            number += 1
        self.free = number
        return number if number <= self.limit else None

    def add(self, trace: Trace) -> None:
        self.traces[trace.number] = trace
        if trace.root:
            self.side_count[trace.root] = self.side_count.get(trace.root, 0) + 1

    def release(self, number: int) -> None:
        """The number of an aborted recording may be used again."""
        self.free = min(self.free, number)

    def clear(self) -> None:
        self.traces.clear()
        self.side_count.clear()
        self.free = 1
