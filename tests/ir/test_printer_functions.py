"""The text form of native functions, printed and read back."""

from __future__ import annotations

import pytest

from ir.parser import ParseError, parse_function, parse_functions
from ir.printer import print_function
from ir.verify import verify

TEXT = """\
function f native num  ; jitvm/x.py:12
block0(0001 int, 0002 p64)
0003 i64 CONV   0001 #2739
0004 p64 ADD    0002 i64:+8
0005 u8  XLOAD  0004 #0
0006 int EQ     0001 +7
0007 nil BR     0006 ->block1 ->block2
block1 cold
0008 num CALL   @g 0002 u32:+4294967295 p64:+0 num:-0x1.8000000000000p+1
0009 nil JMP    ->block3(0008)
block2
0010 nil JMP    ->block3(num:inf)
block3(0011 num)
0012 nil RET    0011
"""


def test_reads_back() -> None:
    function = parse_function(TEXT)
    verify(function)
    assert print_function(function) == TEXT
    assert function.blocks[1].cold
    assert function.source == "jitvm/x.py:12"


def test_several_functions() -> None:
    one = "function {} native none\nblock0\n0001 nil RET\n"
    text = "; two of them\n\n" + one.format("f") + "\n" + one.format("g")
    assert [function.name for function in parse_functions(text)] == ["f", "g"]
    with pytest.raises(ParseError, match="2 functions"):
        parse_function(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("function f", "no function header"),
        ("function f native none\n0001 nil RET", "outside of a block"),
        ("function f native none\nblock0\n0001 nil WHAT", "no instruction"),
        ("function f native none\nblock0\n0001 nil RET 0002", "0002 is not defined"),
        ("function f native none\nblock0(0001 int)\n0001 nil RET", "defined twice"),
    ],
)
def test_errors(text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        parse_function(text)
