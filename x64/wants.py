"""Wants: all a lowering rule tells the allocator.

A rule is a generator.  It yields its wants once, receives one operand per want, and then emits machine code
in program order, although the allocator walks backwards:

    dst, src = yield InOut(left), Rmi(right)
    asm.alu(Alu.ADD, 32, dst, src)

Time runs like this within one instruction: inputs are read, then everything in `Temp`, `Clobber` and `Out`
may have been written.  An `Out` may share its register with an input that dies here; a rule that writes its
result before it has read all inputs says `EarlyOut`.
"""

from __future__ import annotations

from ir.record import dataclass
from ir.values import Ins


@dataclass(slots=True)
class In:
    """The value in a register of `allowed` (0: any of its class)."""

    value: Ins
    allowed: int = 0


@dataclass(slots=True)
class InOut(In):
    """Two-address form: the value in a register that the instruction turns into its result."""


@dataclass(slots=True)
class Consumed(In):
    """The value in a register that the instruction destroys."""


@dataclass(slots=True)
class Rm(In):
    """The value in a register or in memory: a fused load, a spill slot, a constant of the pool."""


@dataclass(slots=True)
class Rmi(In):
    """As `Rm`, or a constant that fits a sign-extended 32-bit immediate."""


@dataclass(slots=True)
class Ri(In):
    """In a register, or a constant that fits a sign-extended 32-bit immediate."""


@dataclass(slots=True)
class Out:
    """The result appears in a register of `allowed` (0: any of its class)."""

    allowed: int = 0


@dataclass(slots=True)
class EarlyOut(Out):
    """A result written before the inputs have been read."""


@dataclass(slots=True)
class Temp:
    """A register the rule may destroy; it shares with nothing."""

    allowed: int


@dataclass(slots=True)
class Clobber:
    """No value survives in these registers.  Inputs may still be passed in them."""

    regs: int


@dataclass(slots=True)
class Alive:
    """These values must be somewhere (register, spill slot) when the instruction may leave the code."""

    values: tuple[Ins, ...]


@dataclass(slots=True)
class Address:
    """base + index * scale + disp, over values.  Absent parts are None."""

    base: Ins | None
    index: Ins | None = None
    scale: int = 1
    disp: int = 0

    def parts(self) -> list[Ins]:
        return [part for part in (self.base, self.index) if part is not None]


@dataclass(slots=True)
class At:
    """A memory operand: the parts of the address in registers."""

    address: Address


Want = In | Out | Temp | Clobber | Alive | At

#: When the allocator satisfies a requirement: the choosy before the flexible.
STAGES: dict[type, int] = {
    Out: 0, EarlyOut: 0, InOut: 0, Temp: 1, Clobber: 1, Alive: 1, Consumed: 1,
    At: 3, In: 3, Rm: 4, Rmi: 4, Ri: 4,
}  # fmt: skip


def stage_of(want: Want) -> int:
    """Results first, then what is destroyed, then inputs: fixed registers, any register, flexible ones."""
    stage = STAGES[type(want)]
    if stage == 3 and isinstance(want, In) and want.allowed and want.allowed & (want.allowed - 1) == 0:
        return 2
    return stage
