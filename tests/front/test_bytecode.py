"""The bytecode table."""

from __future__ import annotations

import pytest

from jitvm.front.bytecode import (
    BC,
    MODE_WORDS,
    OPCODES,
    a_of,
    b_of,
    c_of,
    d_of,
    ins_abc,
    ins_ad,
    ins_aj,
    jump_of,
    op_of,
)
from tests.support import oracle

PROBE = 'io.write(require"jit.vmdef".bcnames)'


def test_fields() -> None:
    ins = ins_abc(BC.ADDVV, 1, 2, 3)
    assert (op_of(ins), a_of(ins), b_of(ins), c_of(ins)) == (BC.ADDVV, 1, 2, 3)
    ins = ins_ad(BC.KSHORT, 255, -1)
    assert (op_of(ins), a_of(ins), d_of(ins)) == (BC.KSHORT, 255, 0xFFFF)
    assert jump_of(ins_aj(BC.JMP, 0, -5)) == -5
    assert jump_of(ins_aj(BC.JMP, 0, 32767)) == 32767


def test_forms() -> None:
    assert BC.KSTR.has_d and not BC.ADDVV.has_d and not BC.CALL.has_d
    assert OPCODES[BC.FUNCCW] is BC.FUNCCW
    assert MODE_WORDS[BC.KSTR] == 1 | 10 << 7 | 22 << 11
    assert MODE_WORDS[BC.ADDVN] == 1 | 3 << 3 | 9 << 7 | 10 << 11


@pytest.mark.oracle
def test_names_are_the_binarys() -> None:
    names = oracle.luajit("-e", PROBE).stdout
    assert [names[at:at + 6].rstrip() for at in range(0, len(names), 6)] == [op.name for op in BC]
