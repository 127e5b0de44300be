"""The front end's entry: source text to a prototype.

    compile_chunk(b"return 1", b"=demo").bytecode     ->  FUNCV 1, KSHORT 0 1, RET1 0 2

One pass, no syntax tree: tokens (lexer.py) drive the grammar (expressions.py, statements.py, loops.py,
blocks.py), which works on expression descriptors (expr.py, operators.py, constructor.py) and names
(scope.py) and emits into the function being compiled (emit.py), until it becomes a prototype (finish.py).
The result is LuaJIT's bytecode, instruction for instruction.
Whatever the bytes, the outcome is a prototype or LuaSyntaxError.
"""

from __future__ import annotations

import sys

from jitvm.front import constructor, loops, statements
from jitvm.front.blocks import chunk
from jitvm.front.bytecode import BC
from jitvm.front.finish import finish
from jitvm.front.lexer import Lexer
from jitvm.front.proto import ProtoFlag, Prototype
from jitvm.front.scope import open_scope
from jitvm.front.state import MAX_LEVEL, OPERANDS, STATEMENTS, ParseState
from jitvm.front.tokens import CH_BRACE, TK_EOF, TK_FOR, TK_IF

# Each of these modules adds rules to the grammar.
assert constructor.constructor is OPERANDS[CH_BRACE]
assert TK_FOR in STATEMENTS and loops
assert TK_IF in STATEMENTS and statements

FRAMES_PER_LEVEL = 12   # Python calls between two levels of nesting, at most
STACK_STEP = 5000       # in large steps, to change the limit rarely
STACK_RESERVE = MAX_LEVEL * FRAMES_PER_LEVEL + 200


def compile_chunk(source: bytes, chunkname: bytes) -> Prototype:
    """Compiles a chunk; `chunkname` says where it came from (chunkid.py).  Raises LuaSyntaxError."""
    _provide_stack()
    p = ParseState(Lexer(source, chunkname))
    fs = p.fs
    fs.flags |= ProtoFlag.VARARG
    open_scope(fs, 0)
    fs.emit(int(BC.FUNCV))
    p.lexer.next()
    chunk(p)
    if p.lexer.tok != TK_EOF:
        p.missing(TK_EOF)
    return finish(fs, p.lexer.line)


def _provide_stack() -> None:
    """Lets Python's stack grow by what the deepest legal nesting takes, from wherever we are called.

    The limit is only ever raised: another thread may be relying on it."""
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth += 1
        if frame.f_back is None:
            break
        frame = frame.f_back
    needed = depth + STACK_RESERVE
    if sys.getrecursionlimit() < needed:
        sys.setrecursionlimit(needed + STACK_STEP - needed % STACK_STEP)
