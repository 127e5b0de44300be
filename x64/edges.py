"""What happens between blocks: the moves of every edge, and those at the entry of a function."""

from __future__ import annotations

from ir.values import Block, Edge, Ins
from x64.fuse import edge_arguments
from x64.moves import Place, Slot
from x64.regalloc import Allocator
from x64.regs import XMMS, Reg, mask, members
from x64.trail import Fill


def edge_moves(
    allocator: Allocator, block: Block, edge: Edge
) -> tuple[list[tuple[Place, Place]], list[Fill]]:
    """What an edge has to change: moves, all at once, and then constants."""
    homes = allocator.code[block].homes
    entry = allocator.entries[edge.block]
    arguments = dict(edge_arguments(edge))
    wanted: list[tuple[Place, Ins]] = [(reg, arguments.get(v, v)) for v, reg in entry.regs.items()]
    stores_here = block not in allocator.cold and edge.block in allocator.cold
    for value in entry.slots:
        if value in arguments or (stores_here and value not in allocator.stored):
            wanted.append((Slot(allocator.slots[value]), arguments.get(value, value)))
    moves = [(dst, allocator.place_of(v, homes)) for dst, v in wanted if not v.is_const]
    fills = [Fill(dst, v) for dst, v in wanted if v.is_const and homes.get(v) is not dst]
    return [pair for pair in moves if pair[0] != pair[1]], fills


def spare_register(allocator: Allocator, block: Block, edge: Edge) -> Reg | None:
    """An xmm register without a value before, on and after an edge."""
    taken = mask(*allocator.code[block].homes.values(), *allocator.entries[edge.block].regs.values())
    return next(iter(members(XMMS & allocator.policy.allocatable & ~taken)), None)


def entry_moves(allocator: Allocator) -> list[tuple[Place, Place]]:
    """From where the caller puts the parameters to where the first block expects them."""
    entry, incoming = allocator.entries[allocator.order[0]], allocator.policy.incoming
    wanted: list[tuple[Place, Ins]] = [(reg, v) for v, reg in entry.regs.items()]
    wanted += [(Slot(allocator.slots[v]), v) for v in entry.slots]
    return [(dst, incoming[v]) for dst, v in wanted if dst != incoming[v]]
