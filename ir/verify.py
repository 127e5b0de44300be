"""Checks that a native function obeys the rules of the IR; a broken rule is a bug of whoever built it.

The rules: every block ends in its only terminator; operands are what the opcode table says; a definition
dominates its uses; edges pass one value of the right class to each parameter, and the entry is no target;
a comparison stands right before the BR that consumes it,
or is a guard with an exit; ends of blocks fit the calling convention.
"""

from __future__ import annotations

from ir.enums import Enum
from ir.ops import COMPARISONS, TERMINATORS, Op
from ir.types import IRType
from ir.values import Block, Convention, Edge, Exit, Function, Ins, Operand

HANDLER_ENDS = frozenset({Op.NEXT, Op.TAIL, Op.TAILPTR, Op.JMP, Op.BR})
NATIVE_ENDS = frozenset({Op.RET, Op.JMP, Op.BR})
TRACE_ENDS = frozenset({Op.LINK, Op.JMP})
ENDS = {Convention.HANDLER: HANDLER_ENDS, Convention.NATIVE: NATIVE_ENDS, Convention.TRACE: TRACE_ENDS}
#: Numbers of values that ends take: handlers pass on the pinned base, pc, kbase and g before anything else.
END_COUNTS = {Op.NEXT: (4, 5), Op.TAIL: (6,), Op.TAILPTR: (7,), Op.RET: (0, 1)}


class RegClass(Enum):
    """What a value lives in.  Values of one class may stand for each other."""

    WORD = "32-bit integer"
    QUAD = "64-bit integer or pointer"
    DOUBLE = "double"
    NONE = "nothing"


def reg_class(type_: IRType) -> RegClass:
    if type_.is_float:
        return RegClass.DOUBLE
    if type_ is IRType.NIL:
        return RegClass.NONE
    return RegClass.QUAD if type_.size == 8 else RegClass.WORD


class VerifyError(AssertionError):
    """The function is not well formed."""


def verify(function: Function) -> None:
    """Raises VerifyError with the first broken rule."""
    _Verifier(function).run()


class _Verifier:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.home: dict[Ins, tuple[Block, int]] = {}
        self.dominators = dominators(function)

    def fail(self, where: object, reason: str) -> None:
        raise VerifyError(f"{self.function.name}: {where}: {reason}")

    def check(self, holds: bool, where: object, reason: str) -> None:
        if not holds:
            self.fail(where, reason)

    def run(self) -> None:
        function = self.function
        self.check(bool(function.blocks), "function", "has no blocks")
        for block in function.blocks:
            self._define(block)
        for block in function.blocks:
            self._block(block)

    def _define(self, block: Block) -> None:
        for index, ins in enumerate([*block.params, *block.body]):
            self.check(ins not in self.home, ins, "stands in two places")
            self.home[ins] = (block, index - len(block.params))
        for param in block.params:
            self.check(param.op is Op.PARAM, param, "is no PARAM but stands among the parameters")

    def _block(self, block: Block) -> None:
        self.check(bool(block.body), block, "is empty")
        self.check(block.end.op in TERMINATORS, block, f"ends in {block.end.op.name}")
        for index, ins in enumerate(block.body):
            last = index == len(block.body) - 1
            self.check(last or ins.op not in TERMINATORS, ins, "ends the block before its last instruction")
            self.check(ins.op is not Op.PARAM, ins, "PARAM outside of the parameters")
            self.check(not ins.is_const, ins, "a constant stands in a block")
            self._operands(ins)
            for used in ins.operands():
                self._available(used, block, index, ins)
            if ins.op in COMPARISONS and not ins.guard:
                self._comparison(block, index)
        self._end(block.end)

    def _operands(self, ins: Ins) -> None:
        modes = list(ins.op.modes)
        self.check(isinstance(ins.args[-1], Exit) if ins.guard else True, ins, "is a guard without an exit")
        for arg in ins.args[:-1] if ins.guard else ins.args:
            self.check(bool(modes), ins, "has too many operands")
            mode = modes[0]
            if not mode.endswith("*"):
                modes.pop(0)
            self.check(_fits(arg, mode.rstrip("*")), ins, f"operand {arg!r} is no {mode}")
        self.check(all(mode.endswith("*") for mode in modes), ins, "has too few operands")

    def _available(self, used: Ins, block: Block, index: int, user: Ins) -> None:
        if used.is_const:
            return
        self.check(used in self.home, user, f"uses {used!r}, which is in no block")
        self.check(used.op not in COMPARISONS or user.op is Op.BR, user, "uses a comparison as a value")
        home, position = self.home[used]
        if home is block:
            self.check(position < index, user, f"uses %{used.ref} before it is computed")
        else:
            self.check(home in self.dominators[block], user, f"uses %{used.ref}, which does not dominate it")

    def _comparison(self, block: Block, index: int) -> None:
        following = block.body[index + 1] if index + 1 < len(block.body) else None
        used = following is not None and following.op is Op.BR and following.args[0] is block.body[index]
        self.check(used, block.body[index], "is not followed by the BR that consumes it")

    def _end(self, end: Ins) -> None:
        allowed = ENDS[self.function.convention]
        self.check(end.op in allowed, end, f"in a function of convention {self.function.convention.value}")
        if end.op in END_COUNTS:
            given = sum(isinstance(arg, Ins) for arg in end.args)
            self.check(given in END_COUNTS[end.op], end, f"has {given} operands")
        if end.op is Op.RET:
            self._result(end)
        if end.op is Op.BR:
            condition = end.args[0]
            self.check(condition.op in COMPARISONS, end, "condition is no comparison")
            for edge in end.args[1:]:
                self.check(not edge.args, end, "an edge of BR carries arguments")
        for arg in end.args:
            if isinstance(arg, Edge):
                self._edge(end, arg)

    def _result(self, end: Ins) -> None:
        result = self.function.result
        self.check((result is None) == (not end.args), end, "does not fit the function's result")
        if result is not None:
            same = reg_class(end.args[0].type) is reg_class(result)
            self.check(same, end, f"returns {end.args[0].type.name} for {result.name}")

    def _edge(self, end: Ins, edge: Edge) -> None:
        target = edge.block
        self.check(target in self.dominators, end, f"jumps to {target}, which is not part of the function")
        self.check(target is not self.function.blocks[0], end, "jumps to the entry")
        self.check(len(edge.args) == len(target.params), end, f"passes {len(edge.args)} values to {target}")
        for arg, param in zip(edge.args, target.params):
            same = reg_class(arg.type) is reg_class(param.type)
            self.check(same, end, f"passes {arg.type.name} for {param.type.name} to {target}")


def _fits(arg: Operand, mode: str) -> bool:
    match mode:
        case "ref":
            return isinstance(arg, Ins) and (arg.type is not IRType.NIL or arg.is_const)
        case "lit":
            return isinstance(arg, int)
        case "edge":
            return isinstance(arg, Edge)
        case "name":
            return isinstance(arg, str)
        case _:
            return not isinstance(arg, Ins)


def dominators(function: Function) -> dict[Block, set[Block]]:
    """For each block, the blocks on every path from the entry to it, itself included."""
    order = function.blocks
    incoming: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order:
        for edge in block.edges():
            incoming.setdefault(edge.block, []).append(block)
    found = {block: set(order) for block in order}
    found[order[0]] = {order[0]}
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            above = [found[p] for p in incoming[block] if p in found]
            now = set.intersection(*above) | {block} if above else {block}
            if now != found[block]:
                found[block], changed = now, True
    return found
