"""Each rule of the verifier, broken once."""

from __future__ import annotations

import pytest

from ir.parser import parse_function
from ir.values import Block, Edge
from ir.verify import VerifyError, verify

HANDLER = "block0(0001 p64, 0002 p64, 0003 p64, 0004 p64, 0005 u64, 0006 u64)\n"

HEAD = "function f native int\nblock0(0001 int)\n"
NUM_HEAD = "function f native int\nblock0(0001 num)\n"
BROKEN = [
    (HEAD + "0002 int ADD 0001 +1\n", "ends in ADD"),
    (
        HEAD + "0002 nil RET 0001\n0003 nil RET 0001\n",
        "ends the block before",
    ),
    (
        "function f native int\nblock0\n0001 int ADD +1 +2\n0002 nil RET 0003\n0003 nil RET 0001\n",
        "ends the block",
    ),
    (HEAD + "0002 int ADD 0001\n0003 nil RET 0002\n", "too few operands"),
    (
        HEAD + "0002 int ADD 0001 +1 +2\n0003 nil RET 0002\n",
        "too many operands",
    ),
    (HEAD + "0002 int ADD 0001 #1\n0003 nil RET 0002\n", "is no ref"),
    ("function f native int\nblock0(0001 p64)\n0002 int XLOAD 0001 +1\n0003 nil RET 0002\n", "is no lit"),
    (
        "function f native int\nblock0\n0001 int ADD 0002 +1\n0002 int ADD 0001 +1\n0003 nil RET 0002\n",
        "before it is",
    ),
    (
        HEAD + "0002 int LT 0001 +1\n0003 nil BR 0002 ->block1 ->block2\n"
        "block1\n0004 int ADD 0001 +1\n0005 nil RET 0004\n"
        "block2\n0006 nil RET 0004\n",
        "does not dominate",
    ),
    (
        HEAD + "0002 int LT 0001 +1\n0003 nil RET 0001\n",
        "not followed by the BR",
    ),
    (
        HEAD + "0002 int LT 0001 +1\n0003 nil RET 0002\n",
        "not followed by the BR",
    ),
    (
        HEAD + "0002 int ADD 0001 +1\n0003 nil BR 0002 ->block1 ->block1\nblock1\n0004 nil RET 0001\n",
        "condition is no comparison",
    ),
    (
        HEAD + "0002 int LT 0001 +1\n0003 nil BR 0002 ->block1(0001) ->block1(0001)\n"
        "block1(0004 int)\n0005 nil RET 0004\n",
        "an edge of BR carries arguments",
    ),
    (HEAD + "0002 nil JMP ->block0(0001)\n", "jumps to the entry"),
    (
        HEAD + "0002 nil JMP ->block1\nblock1(0003 int)\n0004 nil RET 0003\n",
        "passes 0 values",
    ),
    (
        NUM_HEAD + "0002 nil JMP ->block1(0001)\nblock1(0003 int)\n0004 nil RET 0003\n",
        "passes NUM for INT",
    ),
    (NUM_HEAD + "0002 nil RET 0001\n", "returns NUM for INT"),
    (NUM_HEAD + "0002 nil RET\n", "does not fit the function's result"),
    ("function f native none\nblock0(0001 num)\n0002 nil RET 0001\n", "does not fit the function's result"),
    (
        "function f native none\n" + HANDLER + "0007 nil NEXT 0001 0002 0003 0004\n",
        "in a function of convention native",
    ),
    ("function f handler none\n" + HANDLER + "0007 nil RET\n", "in a function of convention handler"),
    ("function f handler none\n" + HANDLER + "0007 nil NEXT 0001 0002\n", "has 2 operands"),
    ("function f handler none\n" + HANDLER + "0007 nil TAIL @g 0001 0002\n", "has 2 operands"),
    ("function f native none\nblock0\n", "is empty"),
]


@pytest.mark.parametrize(("text", "reason"), BROKEN)
def test_broken(text: str, reason: str) -> None:
    with pytest.raises(VerifyError) as caught:
        verify(parse_function(text))
    assert reason in str(caught.value)


def test_foreign_parts() -> None:
    function = parse_function(HEAD + "0002 nil RET 0001\n")
    other = parse_function("function g native int\nblock0(0001 int)\n0002 nil RET 0001\n")
    function.blocks[0].end.args = (other.params[0],)
    with pytest.raises(VerifyError, match="which is in no block"):
        verify(function)
    function = parse_function(
        "function f native int\nblock0\n0001 nil JMP ->block1\nblock1\n0002 nil RET +1\n"
    )
    function.blocks[0].end.args = (Edge(Block(7)),)
    with pytest.raises(VerifyError, match="not part of the function"):
        verify(function)


def test_one_instruction_in_two_places() -> None:
    function = parse_function(HEAD + "0002 int ADD 0001 +1\n0003 nil RET 0002\n")
    function.blocks[0].body.insert(0, function.blocks[0].body[0])
    with pytest.raises(VerifyError, match="stands in two places"):
        verify(function)


def test_constants_stand_in_no_block() -> None:
    function = parse_function(HEAD + "0002 nil RET +1\n")
    function.blocks[0].body.insert(0, function.blocks[0].end.args[0])
    with pytest.raises(VerifyError, match="a constant stands in a block"):
        verify(function)
