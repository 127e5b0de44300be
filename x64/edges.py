"""What happens between blocks: the moves of every edge, and those at the entry of a function."""

from __future__ import annotations

from ir.values import Block, Convention, Edge, Ins
from x64.fuse import edge_arguments
from x64.moves import Place, Slot, parallel_moves
from x64.regalloc import Allocator
from x64.regs import SCRATCH_FIRST
from x64.trail import Fill, Step


def edge_wants(allocator: Allocator, block: Block, edge: Edge) -> list[tuple[Place, Ins]]:
    """Which value must be where when an edge has been taken."""
    entry = allocator.entries[edge.block]
    arguments = dict(edge_arguments(edge))
    wanted: list[tuple[Place, Ins]] = [(reg, arguments.get(v, v)) for v, reg in entry.regs.items()]
    stores_here = block not in allocator.cold and edge.block in allocator.cold
    for value in entry.slots:
        if value in arguments or (stores_here and value not in allocator.stored):
            wanted.append((Slot(allocator.slots[value]), arguments.get(value, value)))
    return wanted


def edge_steps(allocator: Allocator, block: Block, wanted: list[tuple[Place, Ins]]) -> list[Step]:
    """How the values get there: moves, all at once, and then constants."""
    homes = allocator.code[block].homes
    moves = [(dst, allocator.place_of(v, homes)) for dst, v in wanted if not v.is_const]
    fills = [Fill(dst, v) for dst, v in wanted if v.is_const and homes.get(v) is not dst]
    return [*parallel_moves(moves, spare_places(allocator, block, wanted)), *fills]


def spare_places(allocator: Allocator, block: Block, wanted: list[tuple[Place, Ins]]) -> list[Place]:
    """Registers that hold nothing while a block is left, and an unused slot where there is scratch memory."""
    taken = {*allocator.code[block].homes.values(), *(dst for dst, _ in wanted)}
    free = allocator.policy.allocatable & (allocator.used | ~allocator.policy.costly)
    registers = [reg for reg in SCRATCH_FIRST if free >> reg & 1 and reg not in taken]
    if allocator.flow.fn.convention is Convention.NATIVE:
        return list(registers)
    return [*registers, Slot(allocator.slot_count)]


def rotated(allocator: Allocator, block: Block, edge: Edge) -> dict[Place, Place] | None:
    """Where values arrive at a loop whose moves stand at its top instead of on its back edge, `edge`, which
    saves a jump; None if they cannot.  Whoever enters the loop brings its values where a round leaves them:

        mov eax, 1                      mov ecx, 1
        loop: ...                       loop: mov eax, ecx
              lea ecx, [rax+2]                ...
              cmp ecx, 9                      lea ecx, [rax+2]
              jg out                          cmp ecx, 9
              mov eax, ecx                    jle loop
              jmp loop
    """
    homes = allocator.code[block].homes
    wanted = edge_wants(allocator, block, edge)
    if any(value.is_const and homes.get(value) is not dst for dst, value in wanted):
        return None
    arrival = {dst: homes[v] if v.is_const else allocator.place_of(v, homes) for dst, v in wanted}
    moved = any(dst != src for dst, src in arrival.items())
    taken = unmoved(allocator, edge)
    apart = len(set(arrival.values())) == len(arrival) and taken.isdisjoint(arrival.values())
    return arrival if moved and apart else None


def unmoved(allocator: Allocator, edge: Edge) -> set[Place]:
    """Places of values that no move of `edge` concerns: they stay in memory, or in one register for good."""
    arguments = dict(edge_arguments(edge))
    slots = (v for v in allocator.entries[edge.block].slots if v not in arguments)
    return {*(Slot(allocator.slots[v]) for v in slots), *allocator.policy.pinned.values()}


def entry_moves(allocator: Allocator) -> list[tuple[Place, Place]]:
    """From where the caller puts the parameters to where the first block expects them."""
    entry, incoming = allocator.entries[allocator.order[0]], allocator.policy.incoming
    wanted: list[tuple[Place, Ins]] = [(reg, v) for v, reg in entry.regs.items()]
    wanted += [(Slot(allocator.slots[v]), v) for v in entry.slots]
    return [(dst, incoming[v]) for dst, v in wanted if dst != incoming[v]]
