"""In which order the allocator, going backwards, satisfies the wants of one instruction.

Results first, then what is destroyed, then inputs: those that are rewritten, fixed registers, any register,
flexible ones.  But for the fixed registers that follows from the types of the wants alone, of which there are
few combinations: each is thought about once.
"""

from __future__ import annotations

from ir.record import dataclass
from x64.wants import Alive, At, Clobber, Consumed, EarlyOut, In, InOut, Out, Ri, Rm, Rmi, Temp, Want

STAGES: dict[type, int] = {
    Out: 0, EarlyOut: 0, InOut: 0, Temp: 1, Clobber: 1, Alive: 1, Consumed: 1,
    At: 3, In: 3, Rm: 4, Rmi: 4, Ri: 4,
}  # fmt: skip


@dataclass(slots=True)
class Plan:
    """Positions of wants by stage."""

    results: list[int]
    destroyed: list[int]
    inputs: list[int]  # In order, as long as no register is fixed.
    rewritten: list[int]  # The first of these.
    registers: list[int]  # Inputs in any register, unless it is fixed.
    flexible: list[int]
    choosy: list[int]  # Wants that may fix their register before anything is decided.
    leaves: bool  # The instruction may leave the code.

    def with_fixed(self, fixed: list[int]) -> list[int]:
        """The inputs in order, where some of the choosy wants fix their register."""
        first = [i for i in self.registers if i in fixed]
        rest = [i for i in self.registers if i not in fixed]
        return [*self.rewritten, *first, *rest, *self.flexible]


PLANS: dict[tuple[type, ...], Plan] = {}


def plan_of(wants: tuple[Want, ...]) -> Plan:
    """The plan for wants of these types."""
    types = tuple([want.__class__ for want in wants])
    plan = PLANS.get(types)
    if plan is None:
        plan = PLANS[types] = _plan(types)
    return plan


def _plan(types: tuple[type, ...]) -> Plan:
    stages: list[list[int]] = [[], [], [], [], []]
    for position, type_ in enumerate(types):
        stages[STAGES[type_]].append(position)
    results, destroyed, _, registers, flexible = stages
    rewritten = [i for i in (*results, *destroyed) if issubclass(types[i], In)]
    choosy = [i for i, type_ in enumerate(types) if issubclass(type_, (In, Temp))]
    inputs = [*rewritten, *registers, *flexible]
    return Plan(results, destroyed, inputs, rewritten, registers, flexible, choosy, Alive in types)
