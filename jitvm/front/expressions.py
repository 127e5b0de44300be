"""The grammar of expressions.

    expression -> unary {binary expression of higher priority}
    primary    -> (name | "(" expression ")") {"." name | "[" expression "]" | ":" name arguments | arguments}

One pass: each rule returns a descriptor (expr.py) after emitting what can no longer wait.
Nesting is limited by counting levels, so neither Python's stack nor ours can overflow.
"""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.blocks import body
from jitvm.front.bytecode import BC, ins_abc
from jitvm.front.emit import FunctionState
from jitvm.front.expr import (
    CALL,
    CDATA,
    FALSE,
    GLOBAL,
    LOCAL,
    NIL,
    NONRELOC,
    NUMBER,
    STRING,
    TRUE,
    UPVALUE,
    VOID,
    Exp,
    branch_true,
    discharge,
    index,
    method,
    to_any_reg,
    to_next_reg,
    to_value,
)
from jitvm.front.operators import BINARY, UNARY, UNARY_PRIORITY
from jitvm.front.proto import ProtoFlag
from jitvm.front.scope import find_upvalue
from jitvm.front.state import MAX_LEVEL, OPERANDS, ParseState, operand
from jitvm.front.tokens import (
    CH_BRACE,
    CH_BRACKET,
    CH_BRACKET_END,
    CH_CLOSE,
    CH_COLON,
    CH_COMMA,
    CH_DOT,
    CH_OPEN,
    TK_DOTS,
    TK_FALSE,
    TK_FUNCTION,
    TK_GOTO,
    TK_NAME,
    TK_NIL,
    TK_NUMBER,
    TK_STRING,
    TK_TRUE,
)

CALL_OP, CALLM, VARG = int(BC.CALL), int(BC.CALLM), int(BC.VARG)
ARGUMENT_STARTS = frozenset((CH_OPEN, TK_STRING, CH_BRACE))
FRAME_SLOTS = 2   # a call's frame: the function and the return address
ONE_RESULT = 2    # counts of results are stored plus one; zero means all


def expression(p: ParseState, limit: int = 0) -> Exp:
    """Operands, and operators that bind tighter than the limit."""
    p.level += 1
    if p.level >= MAX_LEVEL:
        p.too_deep()
    lexer, fs = p.lexer, p.fs
    operand = OPERANDS.get(lexer.tok)
    if operand is not None:
        e = operand(p)
    elif lexer.tok in UNARY:
        unary = UNARY[lexer.tok]
        lexer.next()
        e = expression(p, UNARY_PRIORITY)
        unary(fs, e)
    else:
        e = primary(p)
    while lexer.tok in BINARY and BINARY[lexer.tok].left > limit:
        operator = BINARY[lexer.tok]
        lexer.next()
        operator.prepare(fs, e)
        e = operator.combine(fs, e, expression(p, operator.right))
    p.level -= 1
    return e


def expression_list(p: ParseState) -> tuple[int, Exp]:
    """Puts all values but the last into registers; the last stays open: it may be a call of many results."""
    count = 1
    e = expression(p)
    while p.accept(CH_COMMA):
        to_next_reg(p.fs, e)
        e = expression(p)
        count += 1
    return count, e


def next_value(p: ParseState) -> None:
    to_next_reg(p.fs, expression(p))


def condition(p: ParseState) -> int:
    """Reads a condition and goes on if it holds; returns the jumps taken if not."""
    e = expression(p)
    if e.kind == NIL:
        e.kind = FALSE
    branch_true(p.fs, e)
    return e.f


# -- Operands -------------------------------------------------------------------


@operand(TK_NUMBER)
def _number(p: ParseState) -> Exp:
    value = p.lexer.value
    p.lexer.next()
    return Exp(NUMBER if isinstance(value, float) else CDATA, 0, 0, value)


@operand(TK_STRING)
def _string(p: ParseState) -> Exp:
    e = Exp(STRING, 0, 0, p.lexer.text())
    p.lexer.next()
    return e


@operand(TK_NIL)
def _nil(p: ParseState) -> Exp:
    p.lexer.next()
    return Exp(NIL, 0)


@operand(TK_TRUE)
def _true(p: ParseState) -> Exp:
    p.lexer.next()
    return Exp(TRUE, 0)


@operand(TK_FALSE)
def _false(p: ParseState) -> Exp:
    p.lexer.next()
    return Exp(FALSE, 0)


@operand(TK_DOTS)
def _varargs(p: ParseState) -> Exp:
    fs = p.fs
    if not fs.flags & ProtoFlag.VARARG:
        p.lexer.error_near(messages.DOTS)
    fs.reserve(1)
    base = fs.freereg - 1
    e = Exp(CALL, fs.emit(ins_abc(VARG, base, ONE_RESULT, fs.numparams)), base, None)
    p.lexer.next()
    return e


@operand(TK_FUNCTION)
def _function(p: ParseState) -> Exp:
    p.lexer.next()
    return body(p, p.lexer.line, ())


@operand(TK_NAME)
def primary(p: ParseState) -> Exp:
    """A variable or parenthesised expression with its fields, indexes and calls."""
    lexer, fs = p.lexer, p.fs
    e = variable(p) if lexer.tok == TK_NAME else _prefix(p)
    while True:
        tok = lexer.tok
        if tok == CH_DOT:
            field(p, e)
        elif tok in ARGUMENT_STARTS:
            to_next_reg(fs, e)
            fs.reserve(1)
            e = _call(p, e)
        elif tok == CH_BRACKET:
            to_any_reg(fs, e)
            lexer.next()
            key = expression(p)
            to_value(fs, key)
            p.expect(CH_BRACKET_END)
            index(fs, e, key)
        elif tok == CH_COLON:
            lexer.next()
            method(fs, e, p.name())
            e = _call(p, e)
        else:
            return e


def _prefix(p: ParseState) -> Exp:
    lexer = p.lexer
    if lexer.tok == TK_GOTO:
        return variable(p)
    if lexer.tok != CH_OPEN:
        lexer.error_near(messages.SYMBOL)
    line = lexer.line
    lexer.next()
    e = expression(p)
    p.close(CH_CLOSE, CH_OPEN, line)
    discharge(p.fs, e)
    return e


def variable(p: ParseState) -> Exp:
    """Takes a name: local, upvalue or global."""
    fs, name = p.fs, p.name()
    reg = fs.registers.get(name)
    if reg is not None:
        return Exp(LOCAL, reg, fs.varmap[reg], None)
    upvalue = find_upvalue(fs, name) if fs.parent is not None else None
    if upvalue is not None:
        return Exp(UPVALUE, upvalue[0], upvalue[1], None)
    return Exp(GLOBAL, 0, 0, name)


def field(p: ParseState, e: Exp) -> None:
    """Makes `e` its field named by the token after next."""
    to_any_reg(p.fs, e)
    p.lexer.next()
    index(p.fs, e, Exp(STRING, 0, 0, p.name()))


# -- Calls ----------------------------------------------------------------------


def _call(p: ParseState, function: Exp) -> Exp:
    """A call of the function in a register that is followed by the arguments'."""
    fs = p.fs
    line = p.lexer.line
    arguments = _arguments(p, fs, line)
    assert function.kind == NONRELOC, function.kind
    base = function.info
    if arguments.kind == CALL:
        ins = ins_abc(CALLM, base, ONE_RESULT, arguments.aux - base - FRAME_SLOTS)
    else:
        if arguments.kind != VOID:
            to_next_reg(fs, arguments)
        ins = ins_abc(CALL_OP, base, ONE_RESULT, fs.freereg - base - 1)
    e = Exp(CALL, fs.emit(ins), base, None)
    fs.lines[-1] = line
    fs.freereg = base + 1
    return e


def _arguments(p: ParseState, fs: FunctionState, line: int) -> Exp:
    """The last argument; those before it are in registers."""
    lexer = p.lexer
    if lexer.tok == TK_STRING or lexer.tok == CH_BRACE:
        return OPERANDS[lexer.tok](p)
    if lexer.tok != CH_OPEN:
        lexer.error_near(messages.ARGUMENTS)
    if line != lexer.lastline:
        lexer.error_near(messages.AMBIGUOUS)
    lexer.next()
    if lexer.tok == CH_CLOSE:
        e = Exp(VOID, 0)
    else:
        _, e = expression_list(p)
        if e.kind == CALL:
            fs.set_b(e.info, 0)
    p.close(CH_CLOSE, CH_OPEN, line)
    return e
