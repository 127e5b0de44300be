"""Makes a failing program small: statements are taken away while it goes on failing.

Four moves, largest first, until none helps: remove a run of statements from a block; replace a
statement by what is in its blocks (a loop by its body); lower a loop's trip count; replace an expression
in brackets by 1.  A move that makes the program invalid is simply not a failure any more, and is undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from tests.support.programs import Block, Program, Statement

Failing = Callable[[Program], bool]


def shrink(program: Program, failing: Failing) -> Program:
    """Changes PROGRAM to a smaller one for which FAILING still holds, and returns it."""
    while any(_improve(program, block, failing) for block in list(_blocks(program))):
        continue
    return program


def shrink_list(programs: list[Program], failing: Callable[[Sequence[Program]], bool]) -> list[Program]:
    """The fewest of PROGRAMS for which FAILING still holds, the last one among them."""
    size = len(programs) // 2
    while size >= 1:
        start = 0
        while start + size < len(programs):
            fewer = programs[:start] + programs[start + size :]
            if failing(fewer):
                programs = fewer
            else:
                start += size
        size //= 2
    return programs


def _blocks(program: Program) -> Iterator[Block]:
    waiting = program.roots()
    while waiting:
        block = waiting.pop(0)
        yield block
        for statement in block.statements:
            waiting += statement.blocks()


def _improve(program: Program, block: Block, failing: Failing) -> bool:
    """Tries all moves on one block; True if one of them held."""
    moves = (_remove_runs, _unwrap, _simplify)
    held = [move(program, block, failing) for move in moves]
    return any(held)


def _remove_runs(program: Program, block: Block, failing: Failing) -> bool:
    improved = False
    size = len(block.statements)
    while size >= 1:
        start = 0
        while start < len(block.statements):
            kept = block.statements
            if _holds(program, block, kept[:start] + kept[start + size :], failing):
                improved = True
            else:
                start += size
        size //= 2
    return improved


def _unwrap(program: Program, block: Block, failing: Failing) -> bool:
    for index, statement in enumerate(block.statements):
        for inner in statement.blocks():
            opened = block.statements[:index] + inner.statements + block.statements[index + 1 :]
            if _holds(program, block, opened, failing):
                return True
        shorter = _fewer_trips(statement)
        if shorter and _holds(
            program, block, [*block.statements[:index], shorter, *block.statements[index + 1 :]], failing
        ):
            return True
    return False


def _fewer_trips(statement: Statement) -> Statement | None:
    head = statement.parts[0]
    if not isinstance(head, str):
        return None
    found = re.fullmatch(r"(for .* = \S+, )(\d+)( do)", head)
    if not found or int(found[2]) < 2:
        return None
    return Statement([f"{found[1]}{int(found[2]) // 2}{found[3]}", *statement.parts[1:]])


def _simplify(program: Program, block: Block, failing: Failing) -> bool:
    """Expressions in brackets become 1, largest first."""
    improved = False
    for statement in block.statements:
        for index, part in enumerate(statement.parts):
            start = 0
            while isinstance(part, str) and (found := _bracketed(part, start)):
                first, end = found
                statement.parts[index] = simpler = f"{part[:first]}(1){part[end:]}"
                if failing(program):
                    part, improved = simpler, True
                else:
                    statement.parts[index] = part
                start = first + 1
    return improved


def _bracketed(text: str, start: int) -> tuple[int, int] | None:
    """Where the next expression in brackets is, longer than a constant or a name."""
    for first in range(start, len(text)):
        if text[first] != "(":
            continue
        depth = 0
        for end in range(first, len(text)):
            depth += (text[end] == "(") - (text[end] == ")")
            if depth == 0:
                if end - first > 3:
                    return first, end + 1
                break
    return None


def _holds(program: Program, block: Block, statements: list[Statement], failing: Failing) -> bool:
    kept = block.statements
    block.statements = statements
    if failing(program):
        return True
    block.statements = kept
    return False
