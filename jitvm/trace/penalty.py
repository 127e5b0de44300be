"""Penalties: a bytecode whose recordings keep failing gets hot ever more slowly, and is blacklisted at last.

    first failure: counter 72; then twice the last plus up to 15 at random; above 60000: blacklisted

The random part, which keeps a program from failing in step with its own rhythm, comes from a seeded
generator: the same program makes the same traces on every run.
"""

from __future__ import annotations

from ir.abort import TraceError
from ir.record import dataclass, field

SLOTS, MINIMUM, MAXIMUM, RANDOM_BITS = 64, 36 * 2, 60000, 4
assert SLOTS & (SLOTS - 1) == 0


@dataclass(slots=True)
class _Penalty:
    pc: int = 0
    value: int = 0
    reason: TraceError = TraceError.RECERR


@dataclass(slots=True)
class Penalties:
    """The last failures by bytecode; the oldest makes room."""

    seed: int = 0
    slots: list[_Penalty] = field(default_factory=lambda: [_Penalty() for _ in range(SLOTS)])
    next: int = 0
    state: int = 0

    def __post_init__(self) -> None:
        self.state = (self.seed ^ 0x9E3779B97F4A7C15) & (1 << 64) - 1 or 1

    def random(self, bits: int) -> int:
        """xorshift64*: the upper bits are the good ones."""
        x = self.state
        x ^= x >> 12
        x ^= x << 25 & (1 << 64) - 1
        x ^= x >> 27
        self.state = x
        return (x * 0x2545F4914F6CDD1D & (1 << 64) - 1) >> (64 - bits)

    def find(self, pc: int) -> _Penalty | None:
        for slot in self.slots:
            if slot.pc == pc:
                return slot
        return None

    def add(self, pc: int, reason: TraceError) -> int | None:
        """Note a failure; the value for the counter, or None to blacklist."""
        slot = self.find(pc)
        value = MINIMUM
        if slot is not None:
            value = (slot.value << 1) + self.random(RANDOM_BITS)
            if value > MAXIMUM:
                return None
        else:
            slot = self.slots[self.next]
            self.next = (self.next + 1) & (SLOTS - 1)
            slot.pc = pc
        slot.value, slot.reason = value, reason
        return value

    def inner_loop_left(self, pc: int) -> bool:
        """Did the loop at `pc` fail repeatedly because it was left at once?  Then it is worth unrolling."""
        slot = self.find(pc)
        low_trip_count = (TraceError.LLEAVE, TraceError.LINNER)
        return slot is not None and slot.reason in low_trip_count and slot.value >= 2 * MINIMUM

    def clear(self) -> None:
        for slot in self.slots:
            slot.pc = slot.value = 0
