"""The parser's state, and the checks on tokens that all grammar rules share.

A statement is a row of STATEMENTS: its first token and the function that reads it, given the line it starts
on. An operand is a row of OPERANDS in the same way.  What no row claims goes to the row of TK_NAME: a call
or an assignment, or a variable with what follows it.
"""

from __future__ import annotations

from collections.abc import Callable

from jitvm.front import messages
from jitvm.front.emit import FunctionState
from jitvm.front.expr import Exp
from jitvm.front.lexer import Lexer
from jitvm.front.scope import Variable
from jitvm.front.tokens import TK_GOTO, TK_NAME, token_text

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import NoReturn

MAX_LEVEL = 200


class ParseState:
    """One per chunk."""

    __slots__ = ("fs", "level", "lexer", "vstack")

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self.vstack: list[Variable] = []
        self.level = 0
        self.fs = FunctionState(lexer, self.vstack, None, 0)

    def accept(self, tok: int) -> bool:
        """Skips a token if it is there."""
        if self.lexer.tok != tok:
            return False
        self.lexer.next()
        return True

    def expect(self, tok: int) -> None:
        if self.lexer.tok != tok:
            self.missing(tok)
        self.lexer.next()

    def missing(self, tok: int) -> NoReturn:
        self.lexer.error_near(messages.TOKEN % token_text(tok))

    def close(self, tok: int, opened: int, line: int) -> None:
        """Skips the token that ends what `opened` began on that line."""
        if self.lexer.tok != tok:
            if line == self.lexer.line:
                self.missing(tok)
            self.lexer.error_near(messages.MATCH % (token_text(tok), token_text(opened), line))
        self.lexer.next()

    def name(self) -> bytes:
        """Takes a name; `goto` is one where it cannot be a statement."""
        lexer = self.lexer
        name = lexer.value
        if lexer.tok != TK_NAME and lexer.tok != TK_GOTO:
            self.missing(TK_NAME)
        assert isinstance(name, bytes), name
        lexer.next()
        return name

    def enter_level(self) -> None:
        """Counts nested blocks and expressions, so that no text can exhaust the stack."""
        self.level += 1
        if self.level >= MAX_LEVEL:
            self.too_deep()

    def too_deep(self) -> NoReturn:
        self.lexer.error(messages.LEVELS)

    def leave_level(self) -> None:
        self.level -= 1


Statement = Callable[[ParseState, int], bool]   # True: it has to be the last one of its block
Operand = Callable[[ParseState], Exp]
STATEMENTS: dict[int, Statement] = {}
OPERANDS: dict[int, Operand] = {}


def statement(tok: int) -> Callable[[Statement], Statement]:
    """Registers the rule for statements that start with a token."""
    def register(rule: Statement) -> Statement:
        assert tok not in STATEMENTS, tok
        STATEMENTS[tok] = rule
        return rule
    return register


def operand(tok: int) -> Callable[[Operand], Operand]:
    """Registers the rule for operands that start with a token."""
    def register(rule: Operand) -> Operand:
        assert tok not in OPERANDS, tok
        OPERANDS[tok] = rule
        return rule
    return register
