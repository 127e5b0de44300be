"""The programs of `make bench` print what luajit prints, here with a small part of their work."""

from __future__ import annotations

import pytest

from tests.bench.programs import SECTIONS, Program
from tests.support import oracle, process

FOLDER = process.ROOT / "tests" / "bench"
#: Each once, with the flags of the first section it is in.
PROGRAMS = {row.name: (row, section.flags) for section in reversed(SECTIONS) for row in section.programs}


@pytest.mark.oracle
@pytest.mark.parametrize("name", PROGRAMS)
def test_same_result(name: str, luajit: str) -> None:
    program, flags = PROGRAMS[name]
    tail = (f"{name}.lua", program.argument(200))
    ours = process.jitvm(*flags, *tail, cwd=FOLDER)
    assert (ours.stdout, ours.status) == (oracle.luajit(*tail, cwd=FOLDER).stdout, 0), ours.stderr


def test_every_program_is_run() -> None:
    helpers = {"empty", "peak"}
    assert {path.stem for path in FOLDER.glob("*.lua")} - helpers == set(PROGRAMS)


@pytest.mark.parametrize(
    ("program", "divisor", "argument"),
    [
        (Program("p", 1000), 10, "100"),
        (Program("p", 1000, 3), 1000, "100"),
        (Program("p", 20, exponential=2.0), 8, "17"),
        (Program("p", 5), 100, "1"),
    ],
)
def test_amount_of_work(program: Program, divisor: float, argument: str) -> None:
    assert program.argument(divisor) == argument
