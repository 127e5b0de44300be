"""Moves computations that only cold code needs into that code.

A handler computes the address of an operand once and early, and its slow path is told the address.  The fast
path has no use for it as a value: there it is part of the addressing mode of a load.

    block0:  %2 BSHL index, 3            block0:  %2 BSHL index, 3
             %3 ADD base, %2                      %3 ADD base, %2           in no register: [base + index*8]
             %4 XLOAD %3                          %4 XLOAD %3
             ... BR block1, block2                ... BR block1, block2
    block2:  (cold) TAIL slow, %3        block2:  (cold) %5 BSHL index, 3 ; %6 ADD base, %5 ; TAIL slow, %6

Every cold block that reads such a value gets a computation of its own.  Only pure instructions move, no
loads, and only in handlers, which have registers to spare: the operands live as long as the value did.
"""

from __future__ import annotations

from ir.arith import ARITH
from ir.ops import COMPARISONS, Op
from ir.values import Block, Convention, Edge, Function, Ins, Operand

Users = dict[Ins, dict[Ins, Block]]
MEMORY = frozenset((Op.XLOAD, Op.XSTORE))
ADDRESS_PARTS = frozenset((Op.ADD, Op.BSHL))


def sink_into_cold(function: Function) -> None:
    """Rewrites a handler; other functions stay as they are."""
    if function.convention is not Convention.HANDLER:
        return
    users: Users = {}
    for block in function.blocks:
        for ins in block.body:
            _note(users, ins, block)
    free: set[Ins] = set()
    for block in reversed(function.blocks):
        if not block.cold:
            block.body = [ins for ins in reversed(block.body) if not _sinks(ins, users, free)][::-1]


def _note(users: Users, ins: Ins, block: Block) -> None:
    for value in ins.operands():
        users.setdefault(value, {})[ins] = block


def _sinks(ins: Ins, users: Users, free: set[Ins]) -> bool:
    """Gives cold readers their own computation.  Whether nobody else reads the instruction."""
    readers = users.get(ins, {})
    if not readers or ins.op not in ARITH or ins.op in COMPARISONS or ins.guard:
        return False
    warm = [user for user, block in readers.items() if not block.cold]
    if warm and not (ins.op in ADDRESS_PARTS and all(_is_address_part(ins, user, free) for user in warm)):
        return False
    free.add(ins)
    for block in {block: None for block in readers.values() if block.cold}:
        _note(users, _compute_in(block, ins), block)
    users[ins] = {user: readers[user] for user in warm}
    if not warm:
        for value in ins.operands():
            users[value].pop(ins, None)
    return not warm


def _is_address_part(ins: Ins, user: Ins, free: set[Ins]) -> bool:
    """Whether the user takes the value in an addressing mode."""
    if user.op in MEMORY:
        return user.args[0] is ins and ins not in user.args[1:]
    return user.op is Op.ADD and user in free


def _compute_in(block: Block, ins: Ins) -> Ins:
    """A copy of the instruction at the top of a block, which from then on is what the block reads."""
    copy = Ins(ins.op, ins.type, ins.args)
    for user in block.body:
        user.args = tuple(_replaced(arg, ins, copy) for arg in user.args)
    block.body.insert(0, copy)
    return copy


def _replaced(arg: Operand, old: Ins, new: Ins) -> Operand:
    if isinstance(arg, Edge):
        arg.args = tuple(new if value is old else value for value in arg.args)
    return new if arg is old else arg
