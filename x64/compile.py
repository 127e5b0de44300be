"""From a function in IR to position-independent bytes: selection, allocation, layout, frame, encoding.

    code = compile_function(fn)
    code.data      machine code, then its constants
    code.relocs    calls and tail jumps to other functions, by symbol

Layout decides how blocks are left: a fall-through where the target stands next, the moves of an edge on the
fall-through path, or in a stub of their own when the edge is the jumping one.  Frame of a native function:
pushed callee-saved registers, spill slots, and padding that keeps calls 16-byte aligned.  A handler has no
frame: its slots are the interpreter's scratch space.
"""

from __future__ import annotations

from iced_x86 import Instruction

import x64.lower  # noqa: F401  (registers the rules)
from ir.ops import Op
from ir.record import dataclass
from ir.values import Block, Convention, Edge, Function, Ins
from x64.asm import Assembler, Epilogue, Item, Label, Pooled, Reloc, encode
from x64.blockstate import Policy
from x64.edges import edge_steps, edge_wants, entry_moves, rotated
from x64.encodings import Cond
from x64.flow import CALLS, Flow
from x64.fuse import Selection
from x64.lower.calls import argument_registers
from x64.lower.registry import Lowering
from x64.moves import Place, parallel_moves
from x64.operands import Mem
from x64.peephole import drop_tests
from x64.regalloc import Allocator
from x64.regs import CALLEE_SAVED, GPRS, HANDLER_PARAMS, PINNED_DISPATCH, XMMS, Reg, mask, members
from x64.steps import emit_steps
from x64.trail import Step, Trail

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from random import Random

HANDLER_SCRATCH_SLOTS = 256
#: Loop tests of up to so many instructions are repeated at the end of the loop.
COPIED_ITEMS = 4


@dataclass(slots=True)
class Code:
    """A compiled function.  Offsets in relocs are from the start of `data`."""

    name: str
    data: bytes
    relocs: list[Reloc]
    code_size: int  # Where the constants begin.
    frame_size: int
    source: str = ""


def compile_function(fn: Function, trail: Trail | None = None, random: Random | None = None) -> Code:
    """Compile one function.  `trail` receives what the checker replays; `random` is for tests."""
    selection = Selection(fn)
    flow = Flow(fn, selection)
    asm = Assembler()
    lowering = Lowering(fn, asm, selection)
    allocator = Allocator(flow, lowering, policy_of(fn, random), trail)
    allocator.run()
    writer = Writer(fn, allocator, asm, trail)
    encoded = encode(writer.write())
    return Code(fn.name, encoded.data, encoded.relocs, encoded.code_size, writer.frame, fn.source)


def policy_of(fn: Function, random: Random | None) -> Policy:
    """Which registers a function may use, and where its parameters arrive."""
    if fn.convention is Convention.NATIVE:
        incoming: dict[Ins, Place] = dict(zip(fn.params, argument_registers(tuple(fn.params))))
        return Policy(GPRS | XMMS, incoming=incoming, costly=CALLEE_SAVED, random=random)
    assert len(fn.params) <= len(HANDLER_PARAMS), fn.name
    incoming = dict(zip(fn.params, HANDLER_PARAMS))
    pinned = {value: PINNED_DISPATCH for value, reg in incoming.items() if reg is PINNED_DISPATCH}
    allocatable = (GPRS | XMMS) & ~mask(PINNED_DISPATCH)
    return Policy(allocatable, pinned, incoming, avoid=mask(*HANDLER_PARAMS), random=random)


class Writer:
    """Puts the blocks of an allocated function in order."""

    def __init__(self, fn: Function, allocator: Allocator, asm: Assembler, trail: Trail | None) -> None:
        self.fn, self.allocator, self.asm, self.trail = fn, allocator, asm, trail
        self.order = allocator.order
        self.labels = {block: Label(f"block{block.index}") for block in self.order}
        self.out: list[Item] = []
        self.stubs: list[tuple[Label, list[Item], Label]] = []
        self.stub_labels: dict[tuple[Block, int], Label] = {}
        self.edge_items: dict[tuple[Block, int], list[Item]] = {}
        self.heads: dict[Block, list[Item]] = {}
        self.saved = members(allocator.used & CALLEE_SAVED) if fn.convention is Convention.NATIVE else []
        self.rotated = self._rotations()
        self.copying = False  # Within a repeated test: once is enough.
        self.frame = self._frame_size()

    def _frame_size(self) -> int:
        slots = self.allocator.slot_count
        if self.fn.convention is not Convention.NATIVE:
            assert slots <= HANDLER_SCRATCH_SLOTS, f"{self.fn.name} needs {slots} spill slots"
            return 0
        calls = any(ins.op in CALLS for block in self.order for ins in block.body)
        # On entry rsp is 8 off alignment.
        padding = (slots + len(self.saved) + 1) % 2 if calls else 0
        return 8 * (slots + padding)

    def write(self) -> list[Item]:
        self._prologue()
        self._edges()
        order = [block for block in self.order if not self._alias(block)]
        for position, block in enumerate(order):
            following = self.labels[order[position + 1]] if position + 1 < len(order) else None
            self.out.append(self.labels[block])
            self._expand(self.heads.get(block, []))
            self._expand(self.allocator.code[block].items)
            self._leave(block, following)
        for label, items, target in self.stubs:
            self.out += [label, *items]
            self._jump(None, target)
        return drop_tests(self.out)

    def _prologue(self) -> None:
        for reg in self.saved:
            self.asm.push(reg)
        if self.frame:
            self.asm.lea(64, Reg.rsp, Mem(Reg.rsp, disp=-self.frame))
        steps: list[Step] = list(parallel_moves(entry_moves(self.allocator)))
        emit_steps(self.asm, steps, self.allocator.policy.slot_base)
        self.out += self.asm.take()
        if self.trail is not None:
            self.trail.entry = dict(self.allocator.policy.incoming)
            self.trail.prologue = list(steps)

    def _expand(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Epilogue):
                if self.frame:
                    self.asm.lea(64, Reg.rsp, Mem(Reg.rsp, disp=self.frame))
                for reg in reversed(self.saved):
                    self.asm.pop(reg)
                self.asm.ret()
                self.out += self.asm.take()
            else:
                self.out.append(item)

    def _edges(self) -> None:
        """The moves of every edge.  If its target has no other predecessor they stand at the target's top."""
        for block in self.order:
            for number, edge in enumerate(block.edges()):
                items = self._edge_code(block, edge, number)
                if len(self.allocator.flow.preds[edge.block]) == 1:
                    self.heads[edge.block], items = items, []
                elif self.rotated.get(edge.block) and edge.block is block:
                    self.heads[block], items = items, []
                self.edge_items[block, number] = items

    def _rotations(self) -> dict[Block, dict[Place, Place]]:
        """Loops of one block whose moves stand at the top, with where their values arrive."""
        found: dict[Block, dict[Place, Place]] = {}
        for block in self.order:
            if block.end.op is Op.JMP and (edge := block.edges()[0]).block is block:
                arrival = rotated(self.allocator, block, edge)
                if arrival is not None:
                    found[block] = arrival
        return found

    def _alias(self, block: Block) -> bool:
        """A block that came out empty is only another name of where it jumps."""
        if block is self.order[0] or block.end.op is not Op.JMP or self.heads.get(block):
            return False
        target = self.labels[block.edges()[0].block]
        if self.allocator.code[block].items or self.edge_items[block, 0] or target is self.labels[block]:
            return False
        old = self.labels[block]
        self.labels = {b: target if label is old else label for b, label in self.labels.items()}
        return True

    # -- leaving a block -----------------------------------------------------------------------------------
    def _leave(self, block: Block, following: Label | None) -> None:
        edges = [(edge, self.edge_items[block, number]) for number, edge in enumerate(block.edges())]
        if not edges:
            return
        if block.end.op is Op.JMP:
            self._fall(edges[0][0], edges[0][1], following)
            return
        taken, other = edges
        conditions: list[tuple[Cond, bool]] = self.allocator.code[block].branch
        # The edge that stands next falls through; of two edges elsewhere, the one with moves.
        taken_next, other_next = (self.labels[edge.block] is following for edge, _ in edges)
        if taken_next or (not other_next and taken[1] and not other[1]):
            jumping, falling, meaning = 1, taken, False
        else:
            jumping, falling, meaning = 0, other, True
        self._conditional(conditions, meaning, self._target(block, edges[jumping][0], jumping))
        self._fall(falling[0], falling[1], following)

    def _conditional(self, conditions: list[tuple[Cond, bool]], meaning: bool, target: Label) -> None:
        """Jump to target if the branch goes the `meaning` way; conditions are tried in order."""
        skip = Label()
        *first, (last, last_means) = conditions
        for cond, means in first:
            self._jump(cond, target if means is meaning else skip)
        self._jump(last if last_means is meaning else last.inverse, target)
        self.out.append(skip)

    def _target(self, block: Block, edge: Edge, number: int) -> Label:
        """Where a conditional jump along an edge goes: to the block, or to a stub with the moves."""
        items = self.edge_items[block, number]
        if not items:
            return self.labels[edge.block]
        if (block, number) not in self.stub_labels:
            label = self.stub_labels[block, number] = Label()
            self.stubs.append((label, items, self.labels[edge.block]))
        return self.stub_labels[block, number]

    def _fall(self, edge: Edge, items: list[Item], following: Label | None) -> None:
        self.out += items
        target = self.labels[edge.block]
        if target is following:
            return
        if self._copied(edge.block):
            # The test of a loop is repeated at its end: one jump per iteration instead of two.
            self.copying = True
            self.out += self.allocator.code[edge.block].items
            self._leave(edge.block, following)
            self.copying = False
        else:
            self._jump(None, target)

    def _copied(self, block: Block) -> bool:
        items = self.allocator.code[block].items
        if self.copying or block not in self.allocator.flow.loops:
            return False
        if block.end.op is not Op.BR or len(items) > COPIED_ITEMS:
            return False
        simple = all(isinstance(item, (Instruction, Pooled)) for item in items)
        return simple and not self.heads.get(block)

    def _jump(self, cond: Cond | None, target: Label) -> None:
        self.asm.jump(cond, target)
        self.out += self.asm.take()

    def _edge_code(self, block: Block, edge: Edge, number: int) -> list[Item]:
        wanted = edge_wants(self.allocator, block, edge)
        arrival, inside = self.rotated.get(edge.block, {}), edge.block is block
        if not inside:
            wanted = [(arrival.get(dst, dst), value) for dst, value in wanted]
        steps = edge_steps(self.allocator, block, wanted)
        if self.trail is not None:
            self.trail.edges[block, number] = [*steps, *([] if inside else self._head_steps(edge.block))]
        emit_steps(self.asm, steps, self.allocator.policy.slot_base)
        return self.asm.take()

    def _head_steps(self, block: Block) -> list[Step]:
        """The moves at the top of a rotated loop."""
        if block not in self.rotated:
            return []
        edge = block.edges()[0]
        return edge_steps(self.allocator, block, edge_wants(self.allocator, block, edge))
