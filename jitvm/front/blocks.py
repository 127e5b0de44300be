"""Blocks, chunks and function bodies: what expressions and statements both contain."""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.bytecode import BC, ins_ad
from jitvm.front.emit import FunctionState
from jitvm.front.expr import RELOC, Exp
from jitvm.front.finish import finish
from jitvm.front.proto import ProtoFlag
from jitvm.front.scope import activate, close_scope, declare, open_scope
from jitvm.front.state import STATEMENTS, ParseState
from jitvm.front.tokens import (
    CH_CLOSE,
    CH_COMMA,
    CH_OPEN,
    CH_SEMICOLON,
    TK_DOTS,
    TK_ELSE,
    TK_ELSEIF,
    TK_END,
    TK_EOF,
    TK_FUNCTION,
    TK_GOTO,
    TK_NAME,
    TK_UNTIL,
)

BLOCK_ENDS = frozenset((TK_ELSE, TK_ELSEIF, TK_END, TK_UNTIL, TK_EOF))
FUNCF, FNEW = int(BC.FUNCF), int(BC.FNEW)


def chunk(p: ParseState) -> None:
    """Statements up to the end of the block."""
    p.enter_level()
    lexer, fs = p.lexer, p.fs
    otherwise = STATEMENTS[TK_NAME]
    while lexer.tok not in BLOCK_ENDS:
        last = STATEMENTS.get(lexer.tok, otherwise)(p, lexer.line)
        p.accept(CH_SEMICOLON)
        assert fs.framesize >= fs.freereg >= fs.nactvar, (fs.framesize, fs.freereg, fs.nactvar)
        fs.freereg = fs.nactvar
        if last:
            break
    p.leave_level()


def block(p: ParseState) -> None:
    """A chunk with a scope of its own."""
    open_scope(p.fs, 0)
    chunk(p)
    close_scope(p.fs)


def body(p: ParseState, line: int, first_names: tuple[bytes, ...]) -> Exp:
    """A function from its parameters to `end`; `first_names` are parameters that are not written."""
    parent, lexer = p.fs, p.lexer
    fs = p.fs = FunctionState(lexer, p.vstack, parent, line)
    open_scope(fs, 0)
    fs.numparams = _parameters(p, first_names)
    fs.emit(FUNCF)
    chunk(p)
    if lexer.tok != TK_END:
        p.close(TK_END, TK_FUNCTION, line)
    lexer.lastline = lexer.line
    proto = finish(fs, lexer.line)
    p.fs = parent
    parent.children.append((proto, fs.upvalue_sources))
    e = Exp(RELOC, parent.emit(ins_ad(FNEW, 0, parent.const_object(proto))))
    parent.flags |= fs.flags & ProtoFlag.FFI
    if not parent.flags & ProtoFlag.CHILD:
        if parent.flags & ProtoFlag.HAS_RETURN:
            parent.flags |= ProtoFlag.FIXUP_RETURN
        parent.flags |= ProtoFlag.CHILD
    lexer.next()
    return e


def _parameters(p: ParseState, first_names: tuple[bytes, ...]) -> int:
    fs, lexer = p.fs, p.lexer
    p.expect(CH_OPEN)
    count = 0
    for name in first_names:
        declare(fs, count, name)
        count += 1
    more = lexer.tok != CH_CLOSE
    while more:
        if lexer.tok == TK_NAME or lexer.tok == TK_GOTO:
            name = p.name()
            declare(fs, count, name)
            count += 1
            more = p.accept(CH_COMMA)
        elif p.accept(TK_DOTS):
            fs.flags |= ProtoFlag.VARARG
            more = False
        else:
            lexer.error_near(messages.PARAMETER)
    activate(fs, count)
    fs.reserve(count)
    p.expect(CH_CLOSE)
    return count
