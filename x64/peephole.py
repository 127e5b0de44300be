"""What only shows once instructions stand side by side: a `test` of what the instruction before it computed.

    and edi, 3                      and edi, 3
    test edi, edi
    jz ->6                          jz ->6

Only a jump on zero or not zero may follow: the other flags are not those of a `test`.
"""

from __future__ import annotations

from iced_x86 import Code, Instruction, Mnemonic, OpKind

from x64.asm import Item, Jump, SymbolJump
from x64.encodings import Cond

TESTS = frozenset((Code.TEST_RM32_R32, Code.TEST_RM64_R64))
#: Instructions whose ZF is that of their result.
SETS_ZERO = frozenset((Mnemonic.ADD, Mnemonic.SUB, Mnemonic.AND, Mnemonic.OR, Mnemonic.XOR, Mnemonic.NEG))
ZERO_CONDITIONS = (Cond.E, Cond.NE)


def drop_tests(items: list[Item]) -> list[Item]:
    """The same code without superfluous tests."""
    kept: list[Item] = []
    for position, item in enumerate(items):
        superfluous = (
            isinstance(item, Instruction)
            and item.code in TESTS
            and kept
            and isinstance(previous := kept[-1], Instruction)
            and leaves_flags(previous, item)
            and position + 1 < len(items)
            and asks_for_zero(items[position + 1])
        )
        if not superfluous:
            kept.append(item)
    return kept


def leaves_flags(previous: Instruction, test: Instruction) -> bool:
    """Whether `previous` has computed, in full, the register that `test` tests."""
    return (
        previous.mnemonic in SETS_ZERO
        and previous.op0_kind == OpKind.REGISTER
        and previous.op0_register == test.op0_register == test.op1_register
    )


def asks_for_zero(item: Item) -> bool:
    return isinstance(item, (Jump, SymbolJump)) and item.cond in ZERO_CONDITIONS
