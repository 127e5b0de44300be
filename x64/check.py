"""An independent checker: replays an allocation symbolically.

For every place it tracks which values are in it.  An instruction must find each of its inputs where its
operand says; what it destroys is forgotten; its result is where the operand says.  At a join, a place holds
only what it holds on all ways in.  It shares no code with the allocator, only the trail's vocabulary; the
meaning of the wants is restated here from `wants.py`.

    check(fn, trail, selection)      raises AssertionError with the first wrong read
"""

from __future__ import annotations

from ir.values import Block, Edge, Function, Ins
from x64.fuse import Selection, bits_of
from x64.moves import Move, Park, Place, Slot, Swap, Unpark
from x64.operands import Imm, Mem, Operand, signed
from x64.regs import Reg
from x64.trail import Event, Executed, Fill, Trail
from x64.wants import Address, Alive, At, Clobber, Consumed, EarlyOut, In, InOut, Out, Temp

State = dict[Place, frozenset[Ins]]
Taken = dict[Reg, Ins | None]  # Registers that inputs stand in.
NOTHING: frozenset[Ins] = frozenset()


class Checker:
    """One replay.  `pinned` are values that own a register throughout."""

    def __init__(self, fn: Function, trail: Trail, selection: Selection, slot_base: int = 0) -> None:
        self.fn, self.trail, self.selection, self.slot_base = fn, trail, selection, slot_base
        self.at_entry: dict[Block, State] = {}

    def run(self) -> None:
        start: State = {}
        for value, place in self.trail.entry.items():  # Several of a side trace's may stand in one place.
            start[place] = start.get(place, NOTHING) | {value}
        for event in self.trail.prologue:
            self.step(start, event)
        entry = self.fn.blocks[0]
        self.at_entry[entry] = start
        work = [entry]
        while work:
            block = work.pop()
            state = dict(self.at_entry[block])
            for event in self.trail.blocks[block]:
                self.step(state, event)
            for number, edge in enumerate(block.edges()):
                if self.flow_into(edge, self.trail.edges[block, number], dict(state)):
                    work.append(edge.block)

    def flow_into(self, edge: Edge, events: list[Event], state: State) -> bool:
        """Replay an edge and join into its target.  True if that target must be looked at again."""
        for event in events:
            self.step(state, event)
        arriving = {place: renamed(values, edge) for place, values in state.items()}
        arriving = {place: values for place, values in arriving.items() if values}
        known = self.at_entry.get(edge.block)
        if known is None:
            self.at_entry[edge.block] = arriving
            return True
        joined = {place: values & arriving.get(place, NOTHING) for place, values in known.items()}
        joined = {place: values for place, values in joined.items() if values}
        self.at_entry[edge.block] = joined
        return joined != known

    # -- events --------------------------------------------------------------------------------------------
    def step(self, state: State, event: Event) -> None:
        match event:
            case Move(dst, src):
                assert src in state, f"{event}: nothing known in {src}"
                state[dst] = state[src]
            case Swap(left, right):
                state[left], state[right] = state.get(right, NOTHING), state.get(left, NOTHING)
            case Fill(dst, value):
                state[dst] = frozenset((value,))
            case Park(src):
                state[Slot(-1)] = state[src]
            case Unpark(dst):
                state[dst] = state.pop(Slot(-1))
            case Executed():
                self.execute(state, event)

    def execute(self, state: State, event: Executed) -> None:
        written: set[Place] = set()
        alive: list[Ins] = []
        result: Place | None = None
        taken: Taken = {}
        for want, operand in zip(event.wants, event.operands, strict=True):
            match want:
                case Clobber(regs):
                    written |= {reg for reg in Reg if regs >> reg & 1}
                case Alive(values):
                    alive += values
                case At(address):
                    self.address(state, event, address, operand, taken)
                case In(value):
                    self.value(state, event, value, operand, taken)
                case _:
                    assert isinstance(want, Out | Temp), want
            if isinstance(want, InOut | Consumed | Out | Temp):
                assert isinstance(operand, Reg), event
                if want.allowed:
                    assert want.allowed >> operand & 1, f"{event}: {operand.name} is not allowed"
                twice = operand in written and not isinstance(want, Out | InOut)
                assert not twice, f"{event}: {operand.name} is written twice"
                written.add(operand)
                if isinstance(want, Out | InOut):
                    result = operand
        self.no_overlap(event, taken)
        for place in written:
            state.pop(place, None)
        for value in alive:
            found = any(value in values for values in state.values())
            assert found or value.is_const, f"{event.ins}: {value} is nowhere at the exit"
        self.define(state, event.ins, result)

    def no_overlap(self, event: Executed, taken: Taken) -> None:
        """Temps and early results share no register with an input."""
        for want, operand in zip(event.wants, event.operands):
            if isinstance(want, Temp | EarlyOut):
                assert operand not in taken, f"{event}: an input stands in {operand}"
            if isinstance(want, InOut | Consumed):
                assert isinstance(operand, Reg)
                assert taken.get(operand) in (None, want.value), f"{event}: two inputs in {operand}"

    def define(self, state: State, ins: Ins, result: Place | None) -> None:
        for place in list(state):
            state[place] = state[place] - {ins}
        if result is not None:
            state[result] = frozenset((ins,))

    # -- operands ------------------------------------------------------------------------------------------
    def value(self, state: State, event: Executed, value: Ins, operand: Operand | None, taken: Taken) -> None:
        where = f"{event.ins}: {value} in {operand}"
        match operand:
            case Imm(number):
                assert value.is_const and signed(bits_of(value) ^ number, 32) == 0, where
            case Mem(pool=int(bits)):
                assert bits == bits_of(value), where
            case Mem() if value in self.selection.fused:
                self.address(state, event, self.selection.address(value.args[0]), operand, taken)
            case Mem(base=Reg.rsp, index=None, disp=disp):
                slot = Slot((disp - self.slot_base) // 8)
                assert value in state.get(slot, NOTHING), where
            case Reg():
                assert value in state.get(operand, NOTHING) or self.same_constant(state, operand, value), (
                    where
                )
                assert taken.setdefault(operand, value) is value, where
            case _:
                raise AssertionError(where)

    def same_constant(self, state: State, reg: Reg, value: Ins) -> bool:
        return value.is_const and any(
            other.is_const and bits_of(other) == bits_of(value) for other in state.get(reg, NOTHING)
        )

    def address(
        self, state: State, event: Executed, address: Address, operand: Operand | None, taken: Taken
    ) -> None:
        assert isinstance(operand, Mem), event
        assert (operand.scale, operand.disp) == (address.scale, address.disp), event
        for part, reg in ((address.base, operand.base), (address.index, operand.index)):
            assert (part is None) == (reg is None), event
            if part is not None:
                self.value(state, event, part, reg, taken)


def renamed(values: frozenset[Ins], edge: Edge) -> frozenset[Ins]:
    """What a place holds after an edge: parameters take the names of their new arguments."""
    params = edge.block.params
    kept = values.difference(params)
    return kept | {param for param, arg in zip(params, edge.args) if arg in values}


def check(fn: Function, trail: Trail, selection: Selection) -> None:
    """Raise AssertionError if any instruction would read a wrong value."""
    Checker(fn, trail, selection).run()
