"""Patience: the more has been compiled, the hotter a loop or an exit must be to be worth a recording.

    IR instructions recorded so far    0 .. 999   1000   1200   1400  ...   2600 and more
    a loop is hot after                      56    112    224    448       28672 iterations

Recording and compiling costs as much time as some thousand iterations in the interpreter, or as many exits.
For a program with a few dozen traces that is nothing, and thresholds are LuaJIT's.  One with thousands of
them would spend all its time compiling what hardly pays, so thresholds double with every few hundred IR
instructions more, up to where waiting has cost about as much as compiling does (the ski rental problem;
Karlin et al., "Competitive Snoopy Caching", 1988).  Counted, not timed: the same program, the same traces.
"""

from __future__ import annotations

from ir.record import dataclass, field

STEP = 200  # IR instructions per doubling.
MAX_DOUBLINGS = 9  # A loop's counter has 16 bits and starts at 2 * 56.
LONGEST = 0xFFFF


@dataclass(slots=True)
class Patience:
    """How long which loop or exit has been made to wait, in units of its counter."""

    spent: int = 0  # IR instructions recorded.
    waited: dict[tuple[int, int], int] = field(default_factory=dict)

    def factor(self, free: int) -> int:
        """What thresholds are multiplied by; `free` IR instructions come at no increase, 0: all of them."""
        if free == 0 or self.spent < free:
            return 1
        return 1 << min(1 + (self.spent - free) // STEP, MAX_DOUBLINGS)

    def wait(self, place: tuple[int, int], threshold: int, free: int) -> int:
        """What is hot by its `threshold`: the counter for a further wait, or 0 to record it now."""
        waited = self.waited.get(place, threshold)
        missing = min(threshold * self.factor(free) - waited, LONGEST)
        if missing <= 0:
            self.waited.pop(place, None)
            return 0
        self.waited[place] = waited + missing
        return missing

    def forget(self) -> None:
        """All traces are gone; what they cost is not."""
        self.waited.clear()
