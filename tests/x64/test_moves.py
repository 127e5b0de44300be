"""Parallel moves: every case of up to four registers, and random ones with memory and both classes."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from x64.moves import Move, Park, Place, Slot, Step, Swap, Unpark, parallel_moves
from x64.regs import Reg

FOUR = (Reg.rax, Reg.rcx, Reg.rdx, Reg.rbx)
SPARE: tuple[Place, ...] = (Reg.rsi, Reg.xmm5, Slot(9))
EVERYWHERE: tuple[Place, ...] = (Reg.rax, Reg.rcx, Reg.rdx, Reg.xmm0, Reg.xmm1, Slot(0), Slot(1), Slot(2))


def perform(steps: list[Step], places: tuple[Place, ...]) -> dict[Place, Place]:
    """What is where after the steps; every place starts with its own name in it."""
    state: dict[Place, Place] = {place: place for place in places}
    stack: list[Place] = []
    for step in steps:
        match step:
            case Move(dst, src):
                state[dst] = state[src]
            case Swap(left, right):
                assert (left >= 16) == (right >= 16), "a swap is within one class"
                state[left], state[right] = state[right], state[left]
            case Park(src):
                stack.append(state[src])
                assert len(stack) == 1, "one value at a time is parked"
            case Unpark(dst):
                state[dst] = stack.pop()
    assert not stack
    return state


def check(pairs: list[tuple[Place, Place]], places: tuple[Place, ...]) -> None:
    """With and without places to spare, of which nothing is expected afterwards."""
    wanted = {place: place for place in places} | dict(pairs)
    assert perform(parallel_moves(pairs), places) == wanted
    after = perform(parallel_moves(pairs, SPARE), (*places, *SPARE))
    assert {place: after[place] for place in places} == wanted


@pytest.mark.parametrize("count", range(1, 5))
def test_all_cases_of_four_registers(count: int) -> None:
    for destinations in itertools.combinations(FOUR, count):
        for sources in itertools.product(FOUR, repeat=count):
            check(list(zip(destinations, sources)), FOUR)


def test_a_swap_needs_no_third_place() -> None:
    assert parallel_moves([(Reg.rax, Reg.rcx), (Reg.rcx, Reg.rax)]) == [Swap(Reg.rax, Reg.rcx)]


def test_a_rotation_through_a_spare_place() -> None:
    pairs = [(Reg.xmm0, Reg.xmm1), (Reg.xmm1, Reg.xmm2), (Reg.xmm2, Reg.xmm0)]
    assert parallel_moves(pairs, [Reg.rsi, Reg.xmm5]) == [
        Move(Reg.xmm5, Reg.xmm0),
        Move(Reg.xmm0, Reg.xmm1),
        Move(Reg.xmm1, Reg.xmm2),
        Move(Reg.xmm2, Reg.xmm5),
    ]


def test_nothing_moves_onto_itself() -> None:
    assert parallel_moves([(Reg.rax, Reg.rax)]) == []


def test_random_moves_through_memory() -> None:
    dice = Random(1)
    for _ in range(3000):
        destinations = dice.sample(EVERYWHERE, dice.randint(1, len(EVERYWHERE)))
        pairs = [(dst, dice.choice(EVERYWHERE)) for dst in destinations]
        # Integer registers and XMM registers exchange values through memory only.
        pairs = [
            (d, s) for d, s in pairs if isinstance(d, Slot) or isinstance(s, Slot) or (d < 16) == (s < 16)
        ]
        check(pairs, EVERYWHERE)
