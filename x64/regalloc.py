"""Linear scan over blocks, last instruction first.

Walking backwards, `held` says which value later code expects in which register.  Reaching a use, a value
occupies a register; reaching its definition frees it.  So liveness falls out of the walk and an instruction
whose result nobody expects is never emitted.  What goes backwards here reads forwards like this:

    evict    the value is reloaded into the register *after* the instruction that needs the register;
             before it, it lives elsewhere: in another register or in its spill slot
    place    a copy *before* the instruction where a value must be in one certain register

A value has at most one home register at a time and at most one spill slot for life.  A spilled value is
stored once, at its definition; if only cold code spills it, on the edges into cold code instead, so that
the fast path stays free of stores.

Blocks are walked in reverse layout order (dominators first, cold blocks last), so at the end of a block the
needs of forward successors are known exactly.  For back edges they are assumed, from precomputed liveness:
what the loop uses gets registers first.  Whatever an edge then has to change is a parallel move on that edge.

Block parameters are the only PHIs.  Coalescing is by hints: a parameter, its arguments and two-address
chains prefer the register the other has.  `Policy` carries the random mode for tests.
"""

from __future__ import annotations

from collections.abc import Callable

from ir.values import Block, Edge, Ins
from x64.asm import Item
from x64.blockstate import Advice, BlockCode, Entry, Policy
from x64.flow import ROOTS, Flow, layout
from x64.fuse import bits_of, edge_arguments, immediate_of
from x64.lower.registry import Lowering, lower
from x64.moves import Move, Place, Slot
from x64.operands import Imm, Mem, Operand, slot_of
from x64.regs import CALLEE_SAVED, NO_REX, SAVED_FIRST, SCRATCH_FIRST, Reg, class_of, is_xmm
from x64.stages import plan_of
from x64.steps import emit_step
from x64.trail import Event, Executed, Fill, Step, Trail
from x64.wants import Alive, At, Clobber, Consumed, EarlyOut, In, InOut, Out, Ri, Rm, Rmi, Temp, Want


class Allocator:
    """One allocation of one function.  `run`, then `edge_steps` for every edge."""

    def __init__(self, flow: Flow, lowering: Lowering, policy: Policy, trail: Trail | None = None) -> None:
        self.flow, self.lowering, self.policy, self.trail = flow, lowering, policy, trail
        self.selection = lowering.selection
        lowering.overwrites_right = self.overwrites_right
        # Results of movzx from ah and its like.
        self.low: set[Ins | None] = {v for v in flow.values if self.selection.high_byte(v) is not None}
        self.order, self.cold = layout(flow)
        self.cold_indices = {block.index for block in self.cold}
        self.advice, self.learned = Advice(), Advice()
        self._reset()

    def _reset(self) -> None:
        self.entries: dict[Block, Entry] = {}
        self.assumed: dict[Block, Entry] = {}
        self.code: dict[Block, BlockCode] = {}
        incoming = self.policy.incoming
        self.hints: dict[Ins, Reg] = {v: place for v, place in incoming.items() if isinstance(place, Reg)}
        self.passed: dict[Ins, Reg] = {}  # Parameters of loops, and where the back edges pass them.
        self.slots: dict[Ins, int] = {v: p.index for v, p in incoming.items() if isinstance(p, Slot)}
        self.slot_count = max(self.slots.values(), default=-1) + 1
        self.stored: set[Ins] = set(self.slots)  # Spilled values that are stored where they are defined.
        self.used = 0  # Every register ever given out.
        # State of the walk.
        self.block: Block | None = None
        self.held: dict[Reg, Ins] = {}
        self.home: dict[Ins, Reg] = {}
        self.in_slot: dict[Ins, None] = {}
        self.held_mask = 0
        self.in_cold = False
        # State within one instruction.
        self.running: Ins | None = None
        self.busy = self.written = self.reserved = self.destroyed = 0
        self.terminal = self.leaving = False
        self.fresh: set[Ins] = set()
        self.before: list[tuple[Reg, Ins]] = []
        self.results: list[Step] = []
        self.after: list[Step] = []

    def run(self) -> None:
        """Walk all blocks; if loops turned out to need it, once more with what was learned."""
        self._walk()
        if self.policy.random is None and (self.learned.constants or self.learned.through):
            self.advice, self.learned = self.learned, Advice()
            self._reset()
            self.lowering.restart()
            self._walk()

    def _walk(self) -> None:
        for block in reversed(self.order):
            self.in_cold = block in self.cold
            self._block(block)

    # -- blocks --------------------------------------------------------------------------------------------
    def _block(self, block: Block) -> None:
        chunks: list[list[Item]] = []
        events: list[list[Event]] = []
        code = self.code[block] = BlockCode()
        self.block = block
        self._begin(block)
        self.terminal = True
        self.lowering.branch = []
        self._instruction(block.end, chunks, events)
        code.homes = dict(self.home)
        code.branch = list(self.lowering.branch)
        self.terminal = False
        for ins in reversed(block.body[:-1]):
            if ins in self.home or ins.guard or ins.op in ROOTS or ins in self.in_slot or ins in self.stored:
                self._instruction(ins, chunks, events)
        self._top(block, chunks, events)
        for chunk in reversed(chunks):
            code.items += chunk
        if self.trail is not None:
            self.trail.blocks[block] = [event for part in reversed(events) for event in part]

    def _begin(self, block: Block) -> None:
        """State at the end of a block: what its successors expect."""
        self.held, self.home, self.in_slot, self.held_mask = {}, {}, {}, 0
        edges = block.edges()
        # The likely successor first: warm before cold, the deeper loop before the exit.
        edges.sort(key=lambda edge: (edge.block in self.cold, -self.flow.depth[edge.block]))
        expected = [(edge, self.entries.get(edge.block) or self._assume(edge.block)) for edge in edges]
        for edge, entry in expected:
            self._merge_exact(edge, entry)
        for edge, entry in expected:
            self._merge_rest(edge, entry)

    def _merge_exact(self, edge: Edge, entry: Entry) -> None:
        arguments = dict(edge_arguments(edge))
        for value, reg in entry.regs.items():
            if value.is_const and value not in self.home and not self.held_mask >> reg & 1:
                self._settle(value, reg)
            value = arguments.get(value, value)
            if not self._located(value) and not self.held_mask >> reg & 1:
                self._settle(value, reg)

    def _merge_rest(self, edge: Edge, entry: Entry) -> None:
        """Values without a place yet: any register, or their spill slot."""
        arguments = dict(edge_arguments(edge))
        wanted = [arguments.get(value, value) for value in entry.regs]
        stores_here = not self.in_cold and edge.block in self.cold
        for value in entry.slots:
            if value in arguments or (stores_here and value not in self.stored):
                wanted.append(arguments.get(value, value))
            else:
                self.in_slot[value] = None
        for value in wanted:
            if not self._located(value):
                reg = self._free_register(value, class_of(value))
                if reg is not None:
                    self._settle(value, reg)
                else:
                    self._spill(value)

    def _assume(self, block: Block) -> Entry:
        """The entry of a block that has not been walked yet: the target of a back edge."""
        if block in self.assumed:
            return self.assumed[block]
        entry = self.assumed[block] = Entry()
        loop = self.flow.loops.get(block)
        values = [param for param in block.params if param in self.flow.needed]
        values += [v for v in self.flow.members(self.flow.live_in[block]) if v not in self.policy.pinned]
        weight = self.flow.weights(loop, self.cold) if loop else {}
        values.sort(key=lambda v: -weight.get(v, 0) if v not in block.params else -weight.get(v, 0) - 1)
        through = self.advice.through.get(block, ())
        taken = 0
        for value in (*values, *self.advice.constants.get(block, ())):
            mask = class_of(value) & self.policy.allocatable & ~taken
            if loop and loop.has_call and self.flow.bit.get(value, 0) & self.flow.across_calls:
                mask &= CALLEE_SAVED
            spare = 4 if loop and not weight.get(value) else 2 if loop else 0
            if mask.bit_count() > spare and value not in through:
                reg = entry.regs[value] = self._choose(value, mask)
                taken |= 1 << reg
                if loop:
                    self.hints[value] = reg
                    if value in block.params:
                        self.passed[value] = reg
            elif not value.is_const:
                entry.slots[value] = None
        for value in entry.slots:
            if value not in block.params:
                self._spill(value)
                self.in_slot.pop(value, None)
        return entry

    def _top(self, block: Block, chunks: list[list[Item]], events: list[list[Event]]) -> None:
        """Reaching the top: constants are made here, parameters are defined here."""
        steps: list[Step] = []
        entry = self.entries[block] = Entry()
        for param in block.params:
            stored = param in self.in_slot or param in self.stored
            if param in self.home and stored:
                steps.append(Move(Slot(self._slot(param)), self.home[param]))
            elif stored:
                entry.slots[param] = None
            self.in_slot.pop(param, None)
        for value, reg in self.home.items():
            if value.is_const and not self._carried(block, value, reg):
                steps.append(Fill(reg, value))
            else:
                entry.regs[value] = reg
                if not value.is_const and not self.in_cold:
                    self.hints.setdefault(value, reg)
        entry.slots |= self.in_slot
        chunks.append(self._emit(steps))
        events.append(list(steps))

    def _carried(self, block: Block, value: Ins, reg: Reg) -> bool:
        """Whether a constant needed at the top of a block is to come in its register from outside."""
        loop = self.flow.inner_loop(block)
        if loop is None or self.in_cold:
            return False
        if loop.header is block:
            self.learned.constants.setdefault(block, []).append(value)
            return block in self.assumed and self.assumed[block].regs.get(value) is reg
        preds = self.flow.preds[block]
        return len(preds) == 1 and preds[0].index in loop.blocks

    # -- places --------------------------------------------------------------------------------------------
    def _located(self, value: Ins) -> bool:
        return value.is_const or value in self.home or value in self.in_slot or value in self.policy.pinned

    def _settle(self, value: Ins, reg: Reg) -> None:
        """From here upwards, value is in reg."""
        assert reg not in self.held and value not in self.home, (value, reg, self.held)
        assert value not in self.selection.fused, f"{value} was fused, but its user wants it in a register"
        self.held[reg] = value
        self.home[value] = reg
        self.held_mask |= 1 << reg
        self.used |= 1 << reg
        if not self.in_cold and not value.is_const:
            self.hints.setdefault(value, reg)

    def _release(self, reg: Reg) -> Ins:
        value = self.held.pop(reg)
        del self.home[value]
        self.held_mask &= ~(1 << reg)
        return value

    def _slot(self, value: Ins) -> int:
        if value not in self.slots:
            self.slots[value] = self.slot_count
            self.slot_count += 1
        return self.slots[value]

    def _spill(self, value: Ins) -> None:
        """From here upwards, value is in its slot."""
        self._slot(value)
        self.in_slot[value] = None
        if not self.in_cold or self.selection.block_of[value] in self.cold_indices:
            self.stored.add(value)

    def _free_register(self, value: Ins, mask: int) -> Reg | None:
        """A register nobody holds, by hint, then by order."""
        mask &= self.policy.allocatable & ~self.busy & ~self.held_mask
        return self._choose(value, mask) if mask else None

    def _choose(self, value: Ins | None, mask: int) -> Reg:
        assert mask, value
        if self.policy.random is not None:
            options = [reg for reg in SCRATCH_FIRST if mask >> reg & 1]
            return self.policy.random.choice(options)
        if value is not None:
            hint = self.hints.get(value)
            if hint is not None and mask >> hint & 1:
                return hint
        order = SCRATCH_FIRST
        if value in self.low and mask & NO_REX:
            mask &= NO_REX
        if value is not None and self.flow.bit.get(value, 0) & self.flow.across_calls:
            order = SAVED_FIRST
        elif better := mask & ~self.policy.avoid:
            mask = better
        return next(reg for reg in order if mask >> reg & 1)

    def _pick(self, value: Ins | None, mask: int, prefer: Reg | None = None) -> Reg:
        """A register of the set for value: preferred, free, or else made free."""
        mask &= self.policy.allocatable & ~self.busy
        free = mask & ~self.held_mask
        assert mask, f"no register left for {value}"
        if self.policy.random is not None:
            reg = self._choose(value, mask)
            if reg in self.held:
                self._evict(reg)
            return reg
        if free:
            hint = self.hints.get(value) if value is not None else None
            if prefer is not None and free >> prefer & 1 and (hint is None or not free >> hint & 1):
                return prefer
            return self._choose(value, free & ~self.reserved or free)
        reg = max((r for r in self.held if mask >> r & 1), key=self._eviction_order)
        self._evict(reg)
        return reg

    def _eviction_order(self, reg: Reg) -> tuple[bool, bool, int]:
        """Best first: constants, then what is in memory anyway, then what earlier code needs last."""
        value = self.held[reg]
        if value.is_const:
            return True, True, 0
        assert self.running is not None
        return False, value in self.in_slot, -self.flow.previous_read(value, self.running)

    def _evict(self, reg: Reg) -> None:
        """Make reg free before this instruction, although later code expects its value there."""
        value = self._release(reg)
        if value in self.fresh:
            if not value.is_const:
                self._spill(value)
            return
        if value.is_const:
            self.after.insert(0, Fill(reg, value))
            return
        mask = class_of(value) & ~self.written & ~self.reserved & ~self.busy & ~(1 << reg)
        if self.in_cold:
            mask &= ~self.policy.costly | self.used
        other = self._free_register(value, mask)
        if other is not None:
            self._settle(value, other)
            self.after.insert(0, Move(reg, other))
        else:
            self._spill(value)
            self._learn_through(value)
            self.after.insert(0, Move(reg, Slot(self._slot(value))))

    def _learn_through(self, value: Ins) -> None:
        """A value that a loop only carries along was reloaded inside of it: the reload belongs outside."""
        assert self.block is not None
        loop = self.flow.inner_loop(self.block)
        if loop is None or self.in_cold or self.flow.weights(loop, self.cold).get(value):
            return
        if self.flow.bit[value] & self.flow.live_in[loop.header]:
            through = self.learned.through.setdefault(loop.header, [])
            if value not in through:
                through.append(value)

    # -- instructions --------------------------------------------------------------------------------------
    def _instruction(self, ins: Ins, chunks: list[list[Item]], events: list[list[Event]]) -> None:
        self.running = ins
        self.busy = self.written = self.reserved = self.destroyed = 0
        self.fresh.clear()
        self.before, self.results, self.after = [], [], []
        rule = lower[ins.op](self.lowering, ins)
        wants = next(rule)
        operands = self._satisfy(ins, wants)
        try:
            rule.send(operands)
        except StopIteration:
            body = self.lowering.asm.take()
        else:
            raise AssertionError(f"the rule of {ins.op.name} yields twice")
        assert not (self.terminal and self.results), ins
        after = [] if self.terminal else [*self.results, *self.after]
        before = [self._resolve(reg, value) for reg, value in self.before]
        if before or after:
            body = [*self._emit(before), *body, *self._emit(after)]
        chunks.append(body)
        if self.trail is not None:
            events.append([*before, Executed(ins, wants, operands), *after])
            self.trail.written += [(item, ins) for item in body]

    def _emit(self, steps: list[Step]) -> list[Item]:
        for step in steps:
            emit_step(self.lowering.asm, step, self.policy.slot_base)
        return self.lowering.asm.take() if steps else []

    def _resolve(self, reg: Reg, value: Ins) -> Step:
        """The copy before an instruction, now that it is known where the value will be."""
        if value.is_const:
            return Fill(reg, value)
        return Move(reg, self.place_of(value, self.home))

    def places_of(self, values: tuple[Ins, ...]) -> tuple[Place, ...]:
        """Where values are before the running instruction."""
        home, place_of = self.home, self.place_of
        return tuple([home[value] if value in home else place_of(value, home) for value in values])

    def place_of(self, value: Ins, homes: dict[Ins, Reg]) -> Place:
        reg = homes.get(value)
        if reg is not None:
            return reg
        if value in self.policy.pinned:
            return self.policy.pinned[value]
        assert value in self.slots, f"{value} is in no place"
        return Slot(self.slots[value])

    def _satisfy(self, ins: Ins, wants: tuple[Want, ...]) -> list[Operand | None]:
        operands: list[Operand | None] = [None] * len(wants)
        plan = plan_of(wants)
        self.leaving, inputs = plan.leaves, plan.inputs
        fixed = self._reserve(wants, plan.choosy)
        if fixed:
            inputs = plan.with_fixed(fixed)
        result: Reg | None = None
        for i in plan.results:
            operands[i] = reg = self._define(ins, wants[i])
            result = reg if result is None else result
        for i in plan.destroyed:
            operands[i] = self._destroy(wants[i])
        for i in inputs:
            want = wants[i]
            operands[i] = INPUTS[want.__class__](self, want, operands[i], result)
        return operands

    def _reserve(self, wants: tuple[Want, ...], choosy: list[int]) -> list[int]:
        """Keeps fixed registers for those who want them; positions of these."""
        fixed = []
        for i in choosy:
            want = wants[i]
            allowed: int = want.allowed  # type: ignore[union-attr]
            if allowed and allowed & (allowed - 1) == 0:
                self.reserved |= allowed
                if isinstance(want, (Temp, Consumed)):
                    self.destroyed |= allowed
                fixed.append(i)
        return fixed

    def _define(self, ins: Ins, want: Want) -> Reg:
        """The register the instruction writes its result to; what comes after it in program order."""
        assert isinstance(want, (Out, InOut))
        early = not isinstance(want, Out) or isinstance(want, EarlyOut)
        allowed = want.allowed or class_of(ins)
        if allowed & (allowed - 1):
            allowed &= ~(self.reserved if early else self.destroyed)
        home = self.home.get(ins)
        if home is not None:
            self._release(home)
            self.written |= 1 << home
        if home is not None and allowed >> home & 1:
            reg = home
        else:
            reg = self._pick(ins, allowed)
            if home is not None:
                self.results.append(Move(home, reg))
        if ins in self.in_slot or ins in self.stored:
            self.results.append(Move(Slot(self._slot(ins)), reg))
            self.in_slot.pop(ins, None)
        self.written |= 1 << reg
        self.used |= 1 << reg
        if early:
            self.busy |= 1 << reg
        return reg

    def _destroy(self, want: Want) -> Reg | None:
        match want:
            case Alive(values):
                home, in_slot = self.home, self.in_slot
                for value in values:
                    if value not in home and value not in in_slot:
                        self._keep(value)
                return None
            case Clobber(regs):
                self.written |= regs
                for reg in [r for r in self.held if regs >> r & 1]:
                    self._evict(reg)
                return None
            case _:
                assert isinstance(want, (Temp, Consumed)), want
                allowed = want.allowed
                if isinstance(want, Consumed):
                    allowed = allowed or class_of(want.value)
                assert allowed, f"{want} names its registers"
                self.written |= allowed if allowed & (allowed - 1) == 0 else 0
                if allowed & (allowed - 1):
                    allowed &= ~self.reserved & ~self.written
                reg = self._pick(None, allowed)
                self.busy |= 1 << reg
                self.written |= 1 << reg
                self.used |= 1 << reg
                return reg

    def _keep(self, value: Ins) -> None:
        """A value a side exit needs: anywhere, but not where this instruction writes."""
        if self._located(value):
            return
        reg = self._free_register(value, class_of(value) & ~self.written & ~self.reserved)
        if reg is None:
            self._spill(value)
        else:
            self._settle(value, reg)
            self.fresh.add(value)

    # The inputs of an instruction, by the class of the want.

    def _at(self, want: At, operand: Operand | None, result: Reg | None) -> Operand:
        address = want.address
        base = None if address.base is None else self._in(address.base, 0, result)
        index = None if address.index is None else self._in(address.index, 0, result)
        return Mem(base, index, address.scale, address.disp)

    def _rewritten(self, want: In, operand: Operand | None, result: Reg | None) -> Operand:
        """In the register that the instruction changes."""
        assert isinstance(operand, Reg)
        self._put(want.value, operand)
        return operand

    def _plain(self, want: In, operand: Operand | None, result: Reg | None) -> Operand:
        return self._in(want.value, want.allowed, result)

    def _flexible(self, want: In, operand: Operand | None, result: Reg | None) -> Operand:
        """The cheapest of register, memory and immediate."""
        value, kind = want.value, want.__class__
        if value.is_const:
            number = immediate_of(value) if kind is not Rm else None
            if number is not None:
                return Imm(number)
            if kind is not Ri and is_xmm(value) and value not in self.home:
                return Mem(pool=bits_of(value))
        elif kind is not Ri and value not in self.home:
            if value in self.selection.fused:
                return self._at(At(self.selection.address(value.args[0])), None, result)
            if value not in self.policy.pinned:
                mask = (want.allowed or class_of(value)) & ~self.reserved
                if self._free_register(value, mask) is None:
                    self._spill(value)
                    return slot_of(self._slot(value), self.policy.slot_base)
        return self._in(value, want.allowed, result)

    def _put(self, value: Ins, reg: Reg) -> None:
        """Value into a register that is written by this instruction, so nobody else's."""
        if self._better_home(value, reg):
            # The copy is what later code reads: before this instruction the value is where it arrives.
            old = self.home[value]
            self._release(old)
            self.busy |= 1 << old
            self._settle(value, reg)
            self.before.append((old, value))
        elif value.is_const or value in self.home or value in self.policy.pinned:
            self.before.append((reg, value))
        else:
            carried = self._carried_in(value, reg)
            if carried is not None:
                self.before.append((reg, value))
                reg = carried
            self._settle(value, reg)
            self.fresh.add(value)
            if self.policy.random is None:
                self.hints.setdefault(value, reg)

    def overwrites_right(self, ins: Ins, left: Ins, right: Ins) -> bool:
        """Which operand of a commutative instruction dies here, or else comes in the result's register."""
        if self.policy.random is not None:
            return False
        if self._located(left) != self._located(right):
            return self._located(left)
        home = self.home.get(ins)
        return home is not None and self.hints.get(right) is home and self.hints.get(left) is not home

    def _carried_in(self, value: Ins, reg: Reg) -> Reg | None:
        """The register a loop passes value in, if it is free: a copy here saves the move on the back edge."""
        carried = self.passed.get(value)
        if carried is None or carried is reg or self.policy.random is not None or self.in_cold:
            return None
        taken = self.held_mask | self.busy | self.reserved | self.written
        return None if taken >> carried & 1 else carried

    def _better_home(self, value: Ins, reg: Reg) -> bool:
        """Whether a loop variable that lives on becomes its successor in the register it arrives in."""
        return (
            self.passed.get(value) is reg
            and value in self.home
            and self.block in self.assumed
            and not self.leaving
            and self.policy.random is None
        )

    def _in(self, value: Ins, allowed: int, result: Reg | None) -> Reg:
        mask = allowed or class_of(value)
        home = self.home.get(value)
        if home is not None:
            self.busy |= 1 << home
            if mask >> home & 1:
                return home
        pinned = self.policy.pinned.get(value)
        if pinned is not None and mask >> pinned & 1:
            return pinned
        fixed = mask & (mask - 1) == 0
        if not fixed:
            mask &= ~self.reserved
        reg = self._pick(value, mask, result)
        if home is not None or pinned is not None or (fixed and value.is_const):
            self.before.append((reg, value))
        else:
            self._settle(value, reg)
            self.fresh.add(value)
        self.busy |= 1 << reg
        self.used |= 1 << reg
        return reg


INPUTS: dict[type, Callable[..., Operand]] = {
    At: Allocator._at,
    In: Allocator._plain,
    InOut: Allocator._rewritten,
    Consumed: Allocator._rewritten,
    **dict.fromkeys((Rm, Rmi, Ri), Allocator._flexible),
}
