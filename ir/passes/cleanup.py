"""Tidies a native function after it was built: what every later stage may rely on.

In order: unreachable blocks go; a parameter that gets the same value from every edge is replaced by it; dead
instructions and parameters go; a branch to a block that only jumps on goes there directly; a block that is
the only successor of its only predecessor is merged into it; an edge of BR that carries arguments is split;
what only cold blocks read is computed there; instructions are numbered.  A jump that passes a constant to a
block that does nothing but test it goes where the test would: an inlined predicate, tested by its caller,
becomes a plain branch.

    block0:  JMP block1(x)      block1(p):  RET p       =>      block0:  RET x
"""

from __future__ import annotations

from ir.arith import COMPARE
from ir.ops import CONSTANTS, Op
from ir.passes.sinkcold import sink_into_cold
from ir.types import IRType
from ir.values import Block, Edge, Exit, Function, Ins, Operand

#: Opcodes that stay although nothing uses them.
EFFECTS = frozenset(op for op in Op if set("ST") & set(op.kind))


def cleanup(function: Function) -> None:
    drop_unreachable(function)
    drop_trivial_params(function)
    thread_constants(function)
    drop_trivial_params(function)
    drop_dead(function)
    thread_jumps(function)
    merge_chains(function)
    split_edges(function)
    sink_into_cold(function)
    number(function)


def cleanup_trace(function: Function) -> None:
    """The part that a trace needs: it has no branches, and its exits name values.

    Numbers are for who prints it: `number`."""
    drop_dead(function)


def predecessors(function: Function) -> dict[Block, list[Edge]]:
    """The edges into each block, in order."""
    found: dict[Block, list[Edge]] = {block: [] for block in function.blocks}
    for block in function.blocks:
        for edge in block.edges():
            found[edge.block].append(edge)
    return found


def drop_unreachable(function: Function) -> None:
    reached: set[int] = set()
    work = [function.blocks[0]]
    while work:
        block = work.pop()
        if block.index not in reached:
            reached.add(block.index)
            work += [edge.block for edge in block.edges()]
    function.blocks = [block for block in function.blocks if block.index in reached]


def substitute(function: Function, replaced: dict[Ins, Ins]) -> None:
    """Replaces operands everywhere; chains of replacements are followed."""

    def final(arg: Operand) -> Operand:
        while isinstance(arg, Ins) and arg in replaced:
            arg = replaced[arg]
        return arg

    for block in function.blocks:
        for ins in block.body:
            ins.args = tuple(final(arg) for arg in ins.args)
            for arg in ins.args:
                if isinstance(arg, Edge):
                    arg.args = tuple(final(a) for a in arg.args)  # type: ignore[misc]


def drop_trivial_params(function: Function) -> None:
    replaced: dict[Ins, Ins] = {}

    def final(ins: Ins) -> Ins:
        while ins in replaced:
            ins = replaced[ins]
        return ins

    incoming = predecessors(function)
    changed = True
    while changed:
        changed = False
        for block in function.blocks[1:]:
            for index in reversed(range(len(block.params))):
                param = block.params[index]
                values = {final(edge.args[index]) for edge in incoming[block]} - {param}
                if len(values) == 1:
                    replaced[param] = values.pop()
                    _remove_param(block, index, incoming[block])
                    changed = True
    if replaced:
        substitute(function, replaced)


def _remove_param(block: Block, index: int, incoming: list[Edge]) -> None:
    del block.params[index]
    for edge in incoming:
        edge.args = edge.args[:index] + edge.args[index + 1 :]


def drop_dead(function: Function) -> None:
    """Keeps what an effect or an end of a block needs; arguments of edges count if the parameter does."""
    live: set[Ins] = set()
    exits: set[Exit] = set()
    incoming = predecessors(function)
    owner = {param: (block, i) for block in function.blocks for i, param in enumerate(block.params)}
    work: list[Ins] = []
    for block in function.blocks:
        work += [ins for ins in block.body if ins.guard or ins.op in EFFECTS]
    while work:
        ins = work.pop()
        if ins in live:
            continue
        live.add(ins)
        for arg in ins.args:
            if isinstance(arg, Ins):
                if arg not in live:
                    work.append(arg)
            elif isinstance(arg, Exit) and arg not in exits:
                exits.add(arg)
                work += arg.alive()
        if ins.op is Op.PARAM and ins in owner:
            block, index = owner[ins]
            work += [edge.args[index] for edge in incoming[block]]
    for block in function.blocks:
        block.body = [ins for ins in block.body if ins in live]
        if block is function.blocks[0]:
            continue
        for index in reversed(range(len(block.params))):
            if block.params[index] not in live:
                _remove_param(block, index, incoming[block])


def merge_chains(function: Function) -> None:
    incoming = predecessors(function)
    gone: set[int] = set()
    for block in function.blocks:
        while block.index not in gone and block.end.op is Op.JMP:
            edge = block.edges()[0]
            nxt = edge.block
            if len(incoming[nxt]) != 1 or nxt is block or nxt is function.blocks[0]:
                break
            assert not nxt.params, f"{nxt} kept parameters although it has one predecessor"
            block.body[-1:] = nxt.body
            gone.add(nxt.index)
            nxt.body = []
    function.blocks = [block for block in function.blocks if block.index not in gone]


def thread_constants(function: Function) -> None:
    """Jumps past blocks that only compare a parameter with a constant, where the outcome is known."""
    users: dict[Ins, int] = {}
    for ins in function.instructions():
        for value in ins.operands():
            users[value] = users.get(value, 0) + 1
    changed = True
    while changed:
        changed = False
        for block in function.blocks:
            if block.end.op is Op.JMP and (better := _known_outcome(block.edges()[0], users)) is not None:
                block.end.args = (Edge(better.block, better.args),)
                changed = True
    drop_unreachable(function)


def _known_outcome(edge: Edge, users: dict[Ins, int]) -> Edge | None:
    """The edge that will be taken at the end of the target of `edge`, if that is a test of a constant."""
    block = edge.block
    if len(block.body) != 2 or block.end.op is not Op.BR or len(block.params) != 1:
        return None
    test, param, arg = block.body[0], block.params[0], edge.args[0]
    if test.op not in COMPARE or test.guard or not arg.is_const or test.args[0] is not param:
        return None
    limit = test.args[1]
    if block.end.args[0] is not test or not limit.is_const or users.get(param, 0) != 1:
        return None
    holds = COMPARE[test.op](limit.type, arg.value, limit.value)
    taken: Edge = block.end.args[1 if holds else 2]
    return taken if taken.block is not block else None


def thread_jumps(function: Function) -> None:
    """A branch to a block that only jumps on, without arguments, goes to the final target."""
    for block in function.blocks:
        for edge in block.edges():
            hops = 0
            while _forwards(edge.block) and hops < len(function.blocks):
                edge.block = edge.block.edges()[0].block
                hops += 1
    drop_unreachable(function)


def _forwards(block: Block) -> bool:
    return not block.params and len(block.body) == 1 and block.end.op is Op.JMP and not block.edges()[0].args


def split_edges(function: Function) -> None:
    """An edge with arguments leaves its block by JMP."""
    highest = max(block.index for block in function.blocks)
    for block in list(function.blocks):
        if block.end.op is not Op.BR:
            continue
        for edge in block.edges():
            if edge.args:
                highest += 1
                cold = edge.block.cold or block.cold
                between = Block(highest, [], [Ins(Op.JMP, IRType.NIL, (Edge(edge.block, edge.args),))], cold)
                edge.block, edge.args = between, ()
                function.blocks.insert(function.blocks.index(block) + 1, between)


def number(function: Function) -> None:
    """Blocks and instructions in layout order, constants downwards in order of first use."""
    constant = 0
    for index, block in enumerate(function.blocks):
        block.index = index
    constants: set[Ins] = set()
    for ref, ins in enumerate(function.instructions(), 1):
        ins.ref = ref
        for arg in _constants(ins):
            if arg not in constants:
                constants.add(arg)
                constant -= 1
                arg.ref = constant
    for block in function.blocks:
        for position, param in enumerate(block.params):
            param.args = (position,)


def _constants(ins: Ins) -> list[Ins]:
    """The constants an instruction reads; exits name values that are none."""
    found: list[Ins] = []
    for arg in ins.args:
        if isinstance(arg, Ins):
            if arg.op in CONSTANTS:
                found.append(arg)
        elif isinstance(arg, Edge):
            found += [value for value in arg.args if value.op in CONSTANTS]
    return found
