"""Control flow while lowering: places where paths meet, and what each variable is there.

SSA is made on the fly.  The environment maps variables to instructions; every jump to a `Join` remembers the
environment it came with; when the join is placed, a variable that differs becomes a parameter of its block.
Native Python has structured control flow, so all jumps to a join are known when it is placed, loops apart:
their header gets a parameter for each variable that the body assigns.
"""

from __future__ import annotations

from ir.funcbuilder import FunctionBuilder
from ir.ops import Op
from ir.record import dataclass, field
from ir.types import IRType
from ir.values import Block, Edge, Ins

Environment = dict[str, Ins]


@dataclass(slots=True)
class Arrival:
    """A jump to a join."""

    edge: Edge
    source: Block
    env: Environment


@dataclass(slots=True, eq=False)
class Join:
    """A block that paths lead to, not yet placed."""

    block: Block
    arrivals: list[Arrival] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Loop:
    """Where `break` and `continue` of the innermost loop go."""

    leave: Join
    again: Join


class Flow:
    """The builder together with the environment of the current point."""

    def __init__(self, builder: FunctionBuilder) -> None:
        self.builder = builder
        self.env: Environment = {}

    @property
    def reachable(self) -> bool:
        return self.builder.at is not None

    @property
    def here(self) -> Block:
        assert self.builder.at is not None
        return self.builder.at

    def join(self) -> Join:
        return Join(self.builder.new_block())

    def cold_join(self) -> Join:
        join = self.join()
        join.block.cold = True
        return join

    def jump(self, join: Join) -> None:
        """Ends the current block with a jump."""
        arrival = Arrival(Edge(join.block), self.here, dict(self.env))
        join.arrivals.append(arrival)
        self.builder.jump(arrival.edge)

    def branch(self, op: Op, type_: IRType, a: Ins, b: Ins, yes: Join, no: Join) -> None:
        """Ends the current block with a comparison."""
        source, taken, other = self.here, Edge(yes.block), Edge(no.block)
        possible = self.builder.branch(op, type_, a, b, taken, other)
        for join, edge in ((yes, taken), (no, other)):
            if edge in possible:
                join.arrivals.append(Arrival(edge, source, dict(self.env)))

    def place(self, join: Join, dominator: Block) -> None:
        """Goes on at a join; after this nothing is reachable if no path leads there."""
        assert not self.reachable
        self.env = {}
        if not join.arrivals:
            return
        block = join.block
        block.cold = block.cold or all(arrival.source.cold for arrival in join.arrivals)
        first = join.arrivals[0]
        for name, value in first.env.items():
            values = [arrival.env.get(name) for arrival in join.arrivals]
            if None in values:
                continue
            if all(other is value for other in values):
                self.env[name] = value
                continue
            self.env[name] = self.builder.param(_widened(value.type), block)
            for arrival, passed in zip(join.arrivals, values):
                assert passed is not None
                arrival.edge.args += (passed,)
        self._enter(block, first.source if len(join.arrivals) == 1 else dominator)

    def _enter(self, block: Block, dominator: Block) -> None:
        self.builder.place(block, dominator)
        self.builder.cold = block.cold

    def loop_header(self, names: list[str]) -> Block:
        """Starts a block whose parameters are the variables that change in the loop."""
        block, before = self.builder.new_block(), self.here
        block.cold = before.cold
        self.builder.jump(Edge(block, tuple(self.env[name] for name in names)))
        self.env = dict(self.env)
        for name in names:
            self.env[name] = self.builder.param(_widened(self.env[name].type), block)
        self._enter(block, before)
        return block

    def jump_back(self, header: Block, names: list[str]) -> None:
        self.builder.jump(Edge(header, tuple(self.env[name] for name in names)))


def _widened(type_: IRType) -> IRType:
    """The type of a register that holds a loaded value."""
    narrow = {IRType.U8: IRType.U32, IRType.U16: IRType.U32, IRType.I8: IRType.INT, IRType.I16: IRType.INT}
    return narrow.get(type_, type_)
