"""Random Lua programs that terminate, for comparing engines.

    >>> print(generate(7).text())

A program is a tree of statements over a fixed set of variables (`prelude.py`), drawn from tables of templates
(`grammar.py`): expressions by type (`expressions.py`), statements (`statements.py`), functions, coroutines
and errors (`functions.py`), metatables and library (`library.py`).  What goes wrong at run time is caught
step by step, and its message is compared like any other output.  Every loop has a constant bound, and a
budget of iterations is split among nested loops, so that a program runs for milliseconds.
"""

from __future__ import annotations

from tests.support.programs import expressions, functions, library, statements
from tests.support.programs.grammar import Draw, Place, Row
from tests.support.programs.prelude import COPIED, EPILOGUE, FUNCTIONS, HELPERS, PRELUDE
from tests.support.programs.tree import Block, Program, Statement

__all__ = ["Block", "Program", "Statement", "generate"]


def _rich(table: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(Row(row.weight, row.needs | {"rich"}, row.lines) for row in table)


TABLES = expressions.TABLES | {
    "simple": statements.SIMPLE,
    "compound": statements.COMPOUND + _rich(functions.CLOSURES + functions.COROUTINES + functions.ERRORS),
    "mistake": functions.MISTAKES,
    "library": library.LIBRARY,
    "buffer": library.BUFFERS,
    "chunk": library.CHUNKS,
    "event": library.EVENTS,
    "event_value": library.EVENT_VALUES,
    "metatable": library.METATABLES,
}


def generate(seed: int) -> Program:
    """The program of SEED; always the same one."""
    draw = Draw(seed, TABLES, expressions.LEAVES)
    events = Block([_event(draw) for _ in range(draw.random.randint(5, 12))])
    defined = Block([_function(draw, name) for name in FUNCTIONS])
    main = Block([_step(draw) for _ in range(draw.random.randint(1, 3))])
    return Program(seed, HELPERS, PRELUDE, events, defined, main, EPILOGUE)


def _event(draw: Draw) -> Statement:
    """An event of the objects' metatable; it uses neither objects nor functions, so that nothing recurses."""
    draw.place = Place(holds=frozenset(), budget=10, depth=3)
    return draw.build(draw.row("event"))


def _function(draw: Draw, name: str) -> Statement:
    """A function of two numbers and more arguments, giving a number."""
    draw.place = Place(holds=frozenset({"rich", "function"}), scope=["p", "q"], budget=10, depth=2)
    variadic = draw.random.random() < 0.3
    if variadic:
        draw.place.holds |= {"variadic"}
    body = draw.block(draw.random.randint(0, 3))
    result = f"return {draw.fill('<number>')}"
    if variadic:
        result = f"return {draw.fill('<number>')} + select('#', ...) + ((...) or 0)"
    body.statements.append(Statement([result]))
    draw.callable.append(name)
    return Statement([f"function {name}(p, q{', ...' if variadic else ''})", body, "end"])


def _step(draw: Draw) -> Statement:
    """A protected part of the main program, most often on local copies of the variables."""
    draw.place = Place()
    body = Block([draw.build(draw.row("compound"))])
    if draw.random.random() < 0.6:
        body.statements.append(draw.statement())
    if draw.random.random() < 0.3:
        return Statement(["step(function()", body, "end)"])
    copies = ", ".join(COPIED)
    opening, closing = Statement([f"local {copies} = {copies}"]), Statement([f"keep({copies})"])
    return Statement(["step(function()", Block([opening, *body.statements, closing]), "end)"])
