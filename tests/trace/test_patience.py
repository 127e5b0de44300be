"""Thresholds grow with what has been compiled, and not when the user has set them."""

from __future__ import annotations

import pytest

from jitvm.options import Options
from jitvm.trace.patience import LONGEST, MAX_DOUBLINGS, STEP, Patience
from tests.support import process

FREE = 1000
#: Many loops, each of which makes a few IR instructions and runs 100 times.
MANY_LOOPS = "".join(
    f"do local t, s = {{}}, 0 for i = 1, 100 do t[i] = i * {n} s = s + t[i] % 7 end end\n" for n in range(150)
)
#: The same, and a loop that is worth compiling whatever came before.
ONE_MORE = MANY_LOOPS + "local s = 0 for i = 1, 1000000 do s = s + i end print(s)"


def test_factor_doubles_up_to_its_limit() -> None:
    spent = (0, FREE - 1, FREE, FREE + STEP, FREE + 2 * STEP, FREE + 1000 * STEP)
    assert [Patience(n).factor(FREE) for n in spent] == [1, 1, 2, 4, 8, 1 << MAX_DOUBLINGS]


def test_without_patience_nothing_waits() -> None:
    assert Patience(10**9).factor(0) == 1


def test_a_wait_is_served_once() -> None:
    patience = Patience(FREE)
    assert patience.wait((0, 64), 112, FREE) == 112
    assert patience.wait((0, 64), 112, FREE) == 0, "it has waited"
    assert patience.wait((0, 64), 112, FREE) == 112, "but not for the next recording"


def test_long_waits_come_in_pieces() -> None:
    patience, waits = Patience(FREE * 100), []
    while wait := patience.wait((3, 1), 1000, FREE):
        waits.append(wait)
    assert max(waits) == LONGEST
    assert 1000 + sum(waits) == 1000 << MAX_DOUBLINGS


@pytest.mark.parametrize(("text", "expected"), [("hotloop=56", 0), ("hotexit=3", 0), ("maxside=5", FREE)])
def test_a_threshold_that_is_set_is_taken_literally(text: str, expected: int) -> None:
    options = Options()
    options.optimise(text)
    assert options.parameters["patience"] == expected


def traces(*flags: str, program: str = MANY_LOOPS) -> int:
    done = process.jitvm("-jv", *flags, "-e", program)
    assert done.status == 0, done.stderr
    return (done.stdout + done.stderr).count("[TRACE ")


def test_compiling_ever_more_gets_ever_rarer() -> None:
    assert traces("-Opatience=0") == 150
    assert 20 < traces() < 75
    assert traces(program=ONE_MORE) == traces() + 1
