"""Parallel moves: many "this place gets what was in that place" at once, as a sequence of single steps.

Places are registers and spill slots, each destination once.  A place is emptied before it is filled:

    rax <- rcx, rcx <- rax, rdx <- rax      becomes   rdx <- rax ; swap rax rcx

Windmills of the graph (Rideau, Serpette, Leroy: "Tilting at windmills with Coq"): first everything whose
destination nobody reads any more, then what is left are cycles.  A cycle of registers of one class is
resolved through a spare place if there is one, else by swaps; one through memory by parking one value on the
stack.
"""

from __future__ import annotations

from collections.abc import Iterable

from ir.record import dataclass
from x64.regs import Reg


@dataclass(frozen=True, slots=True)
class Slot:
    """A spill slot, as a place."""

    index: int


Place = Reg | Slot


@dataclass(frozen=True, slots=True)
class Move:
    dst: Place
    src: Place


@dataclass(frozen=True, slots=True)
class Swap:
    left: Reg
    right: Reg


@dataclass(frozen=True, slots=True)
class Park:
    """Push a place on the machine stack; the matching `Unpark` comes later."""

    src: Place


@dataclass(frozen=True, slots=True)
class Unpark:
    dst: Place


Step = Move | Swap | Park | Unpark


def parallel_moves(pairs: Iterable[tuple[Place, Place]], spare: Iterable[Place] = ()) -> list[Step]:
    """Steps that perform all (dst, src) pairs at once.  `spare` are places that hold nothing."""
    pending = {dst: src for dst, src in pairs if dst != src}
    readers: dict[Place, int] = {}
    for src in pending.values():
        readers[src] = readers.get(src, 0) + 1
    steps: list[Step] = []
    ready = [dst for dst in pending if dst not in readers]
    while ready:
        dst = ready.pop()
        src = pending.pop(dst)
        steps.append(Move(dst, src))
        readers[src] -= 1
        if not readers[src]:
            del readers[src]
            if src in pending:
                ready.append(src)
    while pending:
        steps += break_cycle(pending, spare)
    return steps


def break_cycle(pending: dict[Place, Place], spare: Iterable[Place]) -> list[Step]:
    """One of the remaining cycles, which is removed from `pending`."""
    first = next(iter(pending))
    cycle = [first]
    while (src := pending.pop(cycle[-1])) != first:
        cycle.append(src)
    # cycle[i] <- cycle[i + 1], and the last one <- first.
    rotation: list[Step] = [Move(dst, src) for dst, src in zip(cycle, cycle[1:])]
    registers = [place for place in cycle if isinstance(place, Reg)]
    classes = {is_xmm_register(reg) for reg in registers}
    one_class = len(registers) == len(cycle) and len(classes) == 1
    exchanged = len(cycle) == 2 and classes == {False}  # xchg is one instruction.
    if one_class and not exchanged:
        for place in spare:
            if isinstance(place, Slot) or is_xmm_register(place) in classes:
                return [Move(place, first), *rotation, Move(cycle[-1], place)]
    if one_class:
        return [Swap(left, right) for left, right in zip(registers, registers[1:])]
    return [Park(first), *rotation, Unpark(cycle[-1])]


def is_xmm_register(reg: Reg) -> bool:
    return reg >= Reg.xmm0
