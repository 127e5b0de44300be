"""Machine code of a trace: the function its expansion yields, compiled with exits and links.

    code = compile_trace(expansion, places)
    code.data, code.relocs      bytes; relocations name natives, other traces ("trace:3") and exits ("exit:0")
    code.exits[k]               how to leave through internal exit number k

An exit's number is its snapshot's.  If the values of a snapshot are in other places at a second guard, that
guard gets a number of its own, after those of the snapshots.

A side trace finds the values it inherits where its parent's exit left them: `places` says where.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.expand.core import Expansion
from ir.record import dataclass
from ir.types import IRType
from ir.values import Exit, ExitSlot, Function, Ins, SunkTable
from x64.asm import Assembler, Item, Jump, Label, Reloc, SymbolJump, encode
from x64.blockstate import Policy
from x64.compile import Writer
from x64.diversion import Diversion, Planned, divert_link, divert_loop
from x64.flow import Flow
from x64.fuse import Selection
from x64.lower.registry import Lowering, left_first
from x64.moves import Place, Slot, parallel_moves
from x64.recipe import FLAG_COLLECT, FLAG_COUNTED, METATABLE_KEY, Entry, Kind, Recipe
from x64.regalloc import Allocator
from x64.regs import GPRS, PINNED_BASE, PINNED_DISPATCH, XMMS, Reg, mask
from x64.steps import emit_steps
from x64.trail import Trail

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from random import Random

#: A kind's neighbour says the same of a spill slot.
SPILLED = {kind: Kind(kind + 1) for kind in Kind if kind.name.endswith("_REG")}
MAX_SLOTS = 250  # Of 256 words of scratch; recipes have 8 bits for them.


@dataclass(eq=False, frozen=True, slots=True)
class ExitPoint:
    """One internal exit: what to restore and where each value is."""

    exit: Exit
    places: tuple[Place, ...]  # Of `exit.alive()`, in order.
    recipe: bytes  # As packed.


@dataclass(slots=True)
class TraceCode:
    """A compiled trace."""

    data: bytes
    relocs: list[Reloc]
    code_size: int
    loop_offset: int  # Of the loop head; 0 if there is none.
    exits: dict[int, ExitPoint]
    homes: dict[Ins, Reg]  # Registers of values, for listings.
    slots: dict[Ins, int]
    diversion: Diversion | None  # Of the jump through which it may go round for ever.
    origins: dict[int, Ins]  # By offset: what a machine instruction was written for; only with a trail.


class Recipes:
    """Writes recipes.  Entries are made once: from one exit to the next, most values stay where they are."""

    def __init__(self) -> None:
        self._known: dict[tuple[ExitSlot, Place | None], Entry] = {}

    def packed(self, exit_: Exit, places: tuple[Place, ...]) -> bytes:
        """The recipe of an exit whose values are in these places."""
        where = dict(zip(exit_.alive(), places, strict=True))
        flags = FLAG_COUNTED * exit_.is_counted | FLAG_COLLECT * exit_.collects
        frame = (exit_.snapshot, exit_.pc, exit_.base_delta, exit_.top, exit_.multres)
        return Recipe(*frame, self._entries(exit_.slots, where), flags, exit_.need).pack()

    def _entries(self, slots: tuple[ExitSlot, ...], where: dict[Ins, Place]) -> tuple[Entry, ...]:
        """One entry per slot.  A table is made for the first slot that holds it."""
        made: dict[SunkTable, int] = {}
        entries = []
        for slot in slots:
            if slot.table is None:
                entries.append(self._entry(slot, where))
            elif slot.table in made:
                entries.append(Entry(slot.slot, Kind.SAME, 0, made[slot.table]))
            else:
                made[slot.table] = slot.slot
                entries.append(self._table(slot.slot, slot.table, where))
        return tuple(entries)

    def _table(self, slot: int, table: SunkTable, where: dict[Ins, Place]) -> Entry:
        stores = tuple(
            (METATABLE_KEY if store.key is None else store.key, self._entry(store.value, where))
            for store in table.stores
        )
        if table.template:
            return Entry(slot, Kind.DUP_TABLE, 0, 0, table.template, stores)
        return Entry(slot, Kind.NEW_TABLE, 0, 0, table.asize | table.hbits << 32, stores)

    def _entry(self, slot: ExitSlot, where: dict[Ins, Place]) -> Entry:
        place = None if slot.is_const else where[slot.value]  # type: ignore[index]
        known = self._known.get((slot, place))
        if known is None:
            known = self._known[slot, place] = entry_of(slot, place)
        return known


def entry_of(slot: ExitSlot, place: Place | None) -> Entry:
    """The entry of a slot whose value is in a place; a constant is in none."""
    if place is None:
        return Entry(slot.slot, Kind.CONST, 0, slot.bits)
    if slot.is_keyindex:
        kind = Kind.KEYINDEX_REG
    elif slot.type is IRType.NUM:
        kind = Kind.NUM_REG
    elif slot.type in (IRType.INT, IRType.U32):
        kind = Kind.INT_REG
    elif slot.type.is_gc or slot.type is IRType.LIGHTUD:
        kind = Kind.GC_REG
    else:
        kind = Kind.RAW_REG
    tag = ~int(slot.type)  # Goes above the pointer.
    if isinstance(place, Slot):
        return Entry(slot.slot, SPILLED[kind], place.index, tag)
    return Entry(slot.slot, kind, place & 15, tag)


class Exits:
    """Gives exits their numbers while the allocator walks."""

    def __init__(self, snapshots: int) -> None:
        self.points: dict[int, ExitPoint] = {}
        self._recipes = Recipes()
        self._numbers: dict[bytes, int] = {}  # By recipe.
        self._known: dict[tuple[Exit, tuple[Place, ...]], str] = {}
        self._next = self._snapshots = snapshots
        self.allocator: Allocator | None = None

    def symbol(self, exit_: Exit) -> str:
        """Of the exit, values being where they are now."""
        assert self.allocator is not None
        places = self.allocator.places_of(exit_.alive())
        known = self._known.get((exit_, places))
        if known is None:
            known = self._known[exit_, places] = f"exit:{self._numbered(exit_, places)}"
        return known

    def _numbered(self, exit_: Exit, places: tuple[Place, ...]) -> int:
        recipe = self._recipes.packed(exit_, places)
        number = self._numbers.get(recipe)
        if number is None:
            number = self._numbers[recipe] = self._number(exit_)
            self.points[number] = ExitPoint(exit_, places, recipe)
        return number

    def restart(self) -> None:
        """Allocation begins anew: so do the numbers."""
        self._next = self._snapshots
        self.points.clear()
        self._numbers.clear()
        self._known.clear()

    def _number(self, exit_: Exit) -> int:
        if exit_.is_counted and exit_.snapshot not in self.points:
            return exit_.snapshot
        self._next += 1
        return self._next - 1


def compile_trace(
    expansion: Expansion,
    snapshots: int,
    places: list[Place],
    trail: Trail | None = None,
    random: Random | None = None,
) -> TraceCode:
    """Compile an expanded trace with `snapshots` snapshots.

    Raises Abort if it needs too many spill slots."""
    fn = expansion.function
    asm, selection, exits = Assembler(), Selection(fn), Exits(snapshots)
    lowering = Lowering(fn, asm, selection, restart=exits.restart, exit_symbol=exits.symbol)
    allocator = Allocator(Flow(fn, selection), lowering, policy_of(fn, places, random), trail)
    exits.allocator = allocator
    allocator.run()
    exits.allocator = None  # What is tied in no circle needs no garbage collection.
    lowering.overwrites_right = left_first
    if allocator.slot_count > MAX_SLOTS:
        raise Abort(TraceError.SPILLOV)
    writer = Writer(fn, allocator, asm, trail)
    items = writer.write()
    loop = writer.labels[fn.blocks[1]] if len(fn.blocks) > 1 else None
    if loop is not None:
        items = invert_last_guard(items, loop)
    head = writer.heads.get(fn.blocks[1], []) if loop is not None else []
    planned = divert(items, loop, head, lowering.poll, expansion)
    encoded = encode(items)
    size = planned.pad.offset if planned is not None else encoded.code_size
    offset = loop.offset if loop is not None else 0
    homes = {value: reg for value, reg in allocator.hints.items() if isinstance(reg, Reg)}
    return TraceCode(
        encoded.data,
        encoded.relocs,
        size,
        offset,
        exits.points,
        homes,
        dict(allocator.slots),
        planned.made() if planned is not None else None,
        trail.origins(items, encoded.starts) if trail is not None else {},
    )


def divert(
    items: list[Item], loop: Label | None, head: list[Item], poll: str, expansion: Expansion
) -> Planned | None:
    """Append what an interrupt needs."""
    if loop is not None:
        return divert_loop(items, loop, head, poll)
    return divert_link(items, expansion.link) if expansion.link is not None else None


def policy_of(fn: Function, places: list[Place], random: Random | None) -> Policy:
    base, dispatch, *inherited = fn.params
    incoming: dict[Ins, Place] = {base: PINNED_BASE, dispatch: PINNED_DISPATCH}
    incoming |= dict(zip(inherited, places, strict=True))
    allocatable = (GPRS | XMMS) & ~mask(PINNED_DISPATCH)
    return Policy(allocatable, {dispatch: PINNED_DISPATCH}, incoming, random=random)


def invert_last_guard(items: list[Item], loop: Label) -> list[Item]:
    """`jcc exit; jmp loop` becomes `jncc loop; jmp exit`: one instruction less per iteration."""
    if len(items) < 2:
        return items
    guard, jump = items[-2], items[-1]
    closes = isinstance(jump, Jump) and jump.cond is None and jump.target is loop
    if not closes or not isinstance(guard, SymbolJump) or guard.cond is None:
        return items
    if not guard.symbol.startswith("exit:"):
        return items
    return [*items[:-2], Jump(guard.cond.inverse, loop), SymbolJump(guard.kind, guard.symbol)]


def adaptor(point: ExitPoint, wanted: ExitPoint) -> bytes:
    """Code that moves the values of one exit to where another exit of the same snapshot has them."""
    pairs = list(zip(wanted.places, point.places, strict=True))
    asm = Assembler()
    emit_steps(asm, list(parallel_moves(pairs)), 0)
    return encode(asm.take()).data


__all__ = ["TraceCode", "adaptor", "compile_trace"]
