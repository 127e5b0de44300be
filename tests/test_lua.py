"""The programs of tests/lua print in every mode what luajit prints, and compile to its bytecode.

Each program is about one part of the language; its loops are long enough to be compiled. What it
prints is stored beside it (`make golden`); bytecode is compared with the live luajit.
"""

from __future__ import annotations

import pytest

from tests.conftest import unified
from tests.support import corpus, oracle
from tests.support.modes import GC_STEPS, Mode

PROGRAMS = corpus.programs()

#: Programs that store into old objects in many ways.
STORES = """gc_steps closures coroutines metatables table_library table_sort tables_hash debug_info""".split()

each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@each_program
def test_output(program: corpus.Script, mode: Mode) -> None:
    _same(program, program.stored("out"), corpus.our_output(program, mode))


@pytest.mark.parametrize("program", [one for one in PROGRAMS if one.name in STORES], ids=lambda one: one.name)
def test_no_barrier_is_missing(program: corpus.Script) -> None:
    """The collector makes one small step at every allocation, and checks that it knows of every store."""
    _same(program, program.stored("out"), corpus.our_output(program, GC_STEPS))


@each_program
@pytest.mark.oracle
def test_bytecode(program: corpus.Script, luajit: str) -> None:
    wanted = corpus.bytecode(oracle.luajit, program)
    _same(program, wanted, corpus.our_bytecode(program))


@each_program
@pytest.mark.oracle
def test_stored_is_what_luajit_says(program: corpus.Script, mode: Mode, luajit: str) -> None:
    """In all modes: a program whose output depends on luajit's optimiser would be no oracle."""
    if mode.environment:
        pytest.skip("a mode of ours alone")
    _same(program, program.stored("out"), corpus.output(oracle.luajit, program, *mode.flags))


def _same(program: corpus.Script, wanted: str, actual: str) -> None:
    if actual != wanted:
        pytest.fail(unified(program.path("out"), wanted, actual), pytrace=False)
