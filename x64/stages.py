"""In which order the allocator, going backwards, satisfies the wants of one instruction."""

from __future__ import annotations

from x64.wants import Alive, At, Clobber, Consumed, EarlyOut, In, InOut, Out, Ri, Rm, Rmi, Temp, Want

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
