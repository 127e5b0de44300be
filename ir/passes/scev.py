"""Scalar evolution of the loop's counter, as far as FORL recording knows it.

The recorder fills it in when it starts recording a numeric loop; folding uses the bounds to drop sign
extensions and overflow checks.
"""

from __future__ import annotations

from ir.record import dataclass
from ir.types import IRType
from ir.values import Ins


@dataclass(slots=True)
class Scev:
    """`idx` runs from `start` towards `stop` by `step`."""

    idx: Ins | None = None
    pc: int = 0  # FORI/FORL this belongs to.
    start: Ins | None = None  # Constants only, else None.
    stop: Ins | None = None
    step: Ins | None = None
    type: IRType = IRType.NIL
    direction: int = 0  # 1: counts up.
