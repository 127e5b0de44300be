"""Control flow and liveness of a function: what the allocator must know before its backward walk.

Sets of values are integers with one bit per value.  Liveness counts what `Selection.reads` says, and an
edge argument only if the parameter it feeds is itself needed, so that dead loop variables are dead.
Loops are natural loops of back edges in a depth-first walk from the entry.
"""

from __future__ import annotations

from bisect import bisect_left

from ir.ops import Op
from ir.record import dataclass, field
from ir.values import Block, Edge, Exit, Function, Ins
from x64.fuse import SIDE_EFFECTS, Selection, edge_arguments

ROOTS = SIDE_EFFECTS | {op for op in Op if "T" in op.kind}
CALLS = frozenset((Op.CALL, Op.CALLPTR))


@dataclass(slots=True)
class Loop:
    """A natural loop: its header and all its blocks."""

    header: Block
    blocks: set[int] = field(default_factory=set)
    has_call: bool = False


def is_root(ins: Ins) -> bool:
    """Whether an instruction is emitted even if nobody reads its result."""
    return ins.guard or ins.op in ROOTS


class Flow:
    """Predecessors, loops, loop depth, liveness, calls."""

    def __init__(self, fn: Function, selection: Selection) -> None:
        self.fn, self.selection = fn, selection
        self.reachable: list[Block] = []
        self._read_positions: dict[Ins, list[int]] = {}
        self._exit_bits: dict[Exit, int] = {}
        self._weights: dict[Block, dict[Ins, int]] = {}
        self.preds: dict[Block, list[Block]] = {}
        self.loops: dict[Block, Loop] = {}
        self._walk()
        loops = self.loops.values()
        self.depth = {block: sum(block.index in loop.blocks for loop in loops) for block in self.reachable}
        self.values = [ins for block in self.reachable for ins in (*block.params, *block.body)]
        self.bit = {ins: 1 << i for i, ins in enumerate(self.values)}
        self.needed = self._needed()
        self.live_in: dict[Block, int] = {}
        self.live_out: dict[Block, int] = {}
        self._liveness()
        self.across_calls = self._across_calls()
        for loop in self.loops.values():
            blocks = [b for b in self.reachable if b.index in loop.blocks]
            loop.has_call = any(ins.op in CALLS for b in blocks if not b.cold for ins in b.body)

    def members(self, bits: int) -> list[Ins]:
        """The values of a set, in definition order."""
        found = []
        while bits:
            low = bits & -bits
            found.append(self.values[low.bit_length() - 1])
            bits ^= low
        return found

    def inner_loop(self, block: Block) -> Loop | None:
        """The smallest loop that contains a block."""
        around = [loop for loop in self.loops.values() if block.index in loop.blocks]
        return min(around, key=lambda loop: len(loop.blocks), default=None)

    def block_reads(self, block: Block) -> list[Ins]:
        """Every read of a value by an emitted instruction of a block."""
        return [value for ins in block.body if self.emitted(ins) for value in self.selection.reads(ins)]

    def weights(self, loop: Loop, cold: set[Block]) -> dict[Ins, int]:
        """How often each value is read within a loop; deeper counts more, cold blocks do not count."""
        weight = self._weights.get(loop.header)
        if weight is None:
            weight = self._weights[loop.header] = {}
            for block in self.reachable:
                if block.index in loop.blocks and block not in cold:
                    factor = 4 ** self.depth[block]
                    for value in self.block_reads(block):
                        weight[value] = weight.get(value, 0) + factor
        return weight

    def previous_read(self, value: Ins, before: Ins) -> int:
        """The last position before an instruction at which an emitted one reads value, or -1."""
        if not self._read_positions:
            for number, ins in enumerate(self.values):
                if self.emitted(ins):
                    for read in self.selection.reads(ins):
                        self._read_positions.setdefault(read, []).append(number)
        positions = self._read_positions.get(value, [])
        index = bisect_left(positions, self.bit[before].bit_length() - 1)
        return positions[index - 1] if index else -1

    # -- shape ---------------------------------------------------------------------------------------------
    def _walk(self) -> None:
        """Depth-first: reachable blocks in the function's order, predecessors, back edges."""
        entry = self.fn.blocks[0]
        seen, active = {entry}, {entry}
        back: list[tuple[Block, Block]] = []
        stack = [(entry, iter(entry.edges()))]
        self.preds[entry] = []
        while stack:
            block, edges = stack[-1]
            edge = next(edges, None)
            if edge is None:
                active.discard(block)
                stack.pop()
                continue
            target = edge.block
            self.preds.setdefault(target, []).append(block)
            if target in active:
                back.append((block, target))
            elif target not in seen:
                seen.add(target)
                active.add(target)
                stack.append((target, iter(target.edges())))
        self.reachable = [block for block in self.fn.blocks if block in seen]
        for latch, header in back:
            loop = self.loops.setdefault(header, Loop(header, {header.index}))
            self._collect(loop, latch)

    def _collect(self, loop: Loop, latch: Block) -> None:
        work = [latch]
        while work:
            block = work.pop()
            if block.index not in loop.blocks:
                loop.blocks.add(block.index)
                work += self.preds[block]

    # -- values --------------------------------------------------------------------------------------------
    def _needed(self) -> set[Ins]:
        """Values that some emitted instruction reads, through any number of edges."""
        feeds: dict[Ins, list[Ins]] = {}
        for block in self.reachable:
            for edge in block.edges():
                for param, arg in edge_arguments(edge):
                    feeds.setdefault(param, []).append(arg)
        needed: set[Ins] = set()
        exits: set[Exit] = set()
        inputs = self.selection.inputs
        work: list[Ins] = []
        for block in self.reachable:
            for ins in block.body:
                if ins.guard or ins.op in ROOTS:
                    work += inputs(ins)
                if ins.guard and ins.args[-1] not in exits:
                    exits.add(ins.args[-1])
                    work += ins.args[-1].alive()
        while work:
            value = work.pop()
            if value not in needed and not value.is_const:
                needed.add(value)
                work += inputs(value)
                work += feeds.get(value, ())
        return needed

    def edge_reads(self, edge: Edge) -> list[Ins]:
        """Non-constant arguments of an edge whose parameters are needed."""
        return [arg for param, arg in edge_arguments(edge) if param in self.needed and not arg.is_const]

    def emitted(self, ins: Ins) -> bool:
        return ins in self.needed or is_root(ins)

    def _liveness(self) -> None:
        gen: dict[Block, int] = {}
        kill: dict[Block, int] = {}
        for block in self.reachable:
            gen[block], kill[block] = self._local(block)
        self.live_in = dict.fromkeys(self.reachable, 0)
        self.live_out = dict.fromkeys(self.reachable, 0)
        changed = True
        while changed:
            changed = False
            for block in reversed(self.reachable):
                out = 0
                for edge in block.edges():
                    out |= self.live_in[edge.block]
                    for arg in self.edge_reads(edge):
                        out |= self.bit[arg]
                live = gen[block] | (out & ~kill[block])
                self.live_out[block] = out
                if live != self.live_in[block]:
                    self.live_in[block], changed = live, True

    def _local(self, block: Block) -> tuple[int, int]:
        """Values read before definition in a block, and values defined by it."""
        gen = kill = 0
        for param in block.params:
            kill |= self.bit[param]
        for ins in block.body:
            if self.emitted(ins):
                gen |= self.read_bits(ins) & ~kill
            kill |= self.bit[ins]
        return gen, kill

    def read_bits(self, ins: Ins) -> int:
        """The set of the values an instruction reads."""
        bit = self.bit
        found = 0
        for value in self.selection.inputs(ins):
            assert value in bit, f"{ins} reads {value}, which is in no block"
            found |= bit[value]
        if ins.guard:
            exit_ = ins.args[-1]
            if exit_ not in self._exit_bits:
                self._exit_bits[exit_] = sum({bit[value] for value in exit_.alive()})
            found |= self._exit_bits[exit_]
        return found

    def _across_calls(self) -> int:
        """Values live across a call on a warm path."""
        across = 0
        for block in self.reachable:
            if block.cold or not any(ins.op in CALLS for ins in block.body):
                continue
            live = self.live_out[block]
            for ins in reversed(block.body):
                live &= ~self.bit[ins]
                if ins.op in CALLS:
                    across |= live
                if self.emitted(ins):
                    live |= self.read_bits(ins)
        return across


def layout(flow: Flow) -> tuple[list[Block], set[Block]]:
    """Blocks in the order of the code, and which are cold.

    The function's own order, except that cold blocks come last and every block comes after one of its
    predecessors, hence after its dominator.  What is only reached through cold blocks is cold.
    """
    placed: list[Block] = [flow.reachable[0]]
    seen = set(placed)
    for cold in (False, True):
        waiting = [block for block in flow.reachable if block not in seen]
        progress = True
        while progress:
            progress = False
            for block in waiting:
                if block in seen or (block.cold and not cold):
                    continue
                if any(pred in seen for pred in flow.preds[block]):
                    placed.append(block)
                    seen.add(block)
                    progress = True
        if not cold:
            warm = set(placed)
    assert len(placed) == len(flow.reachable), (placed, flow.reachable)
    return placed, {block for block in placed if block not in warm}
