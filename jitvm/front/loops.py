"""The grammar of loops.

Conditions of `for` loops stand at the end, so that each round executes one control instruction:

    for i = 1, n do BODY end        FORI -> end;  start: BODY;  FORL -> start;  end:
    for k, v in pairs(t) do BODY    ISNEXT -> test;  start: BODY;  test: ITERN;  ITERL -> start

ITERN, the fast form of `next`, is chosen by name: the iterator looks like a call of `pairs` or like
`next`.  The interpreter takes it back when the value turns out to be something else.
"""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.blocks import block, chunk
from jitvm.front.bytecode import BC, FORL_EXT, FORL_INDEX, FORL_STEP, FORL_STOP, ins_abc, ins_ad, ins_aj
from jitvm.front.emit import NO_JUMP, FunctionState
from jitvm.front.expressions import condition, expression_list, next_value
from jitvm.front.scope import (
    FOR_CONTROL,
    FOR_GENERATOR,
    FOR_INDEX,
    FOR_LIMIT,
    FOR_STATE,
    FOR_STEP,
    HAS_UPVALUE,
    LOOP,
    activate,
    close_scope,
    declare,
    local_at,
    open_scope,
)
from jitvm.front.state import ParseState, statement
from jitvm.front.statements import adjust, leave_loop
from jitvm.front.tokens import (
    CH_ASSIGN,
    CH_COMMA,
    TK_DO,
    TK_END,
    TK_FOR,
    TK_IN,
    TK_REPEAT,
    TK_UNTIL,
    TK_WHILE,
)

LOOP_OP, JMP, KSHORT, FORI, FORL = (int(op) for op in (BC.LOOP, BC.JMP, BC.KSHORT, BC.FORI, BC.FORL))
ISNEXT, ITERC, ITERN, ITERL = (int(op) for op in (BC.ISNEXT, BC.ITERC, BC.ITERN, BC.ITERL))
MOV, UGET, GGET = (int(op) for op in (BC.MOV, BC.UGET, BC.GGET))
CONTROL_SLOTS = 3        # hidden variables of a for loop
ITERATOR_FRAME = 4       # a call of the iterator: function, return address, state, control
MAX_NEXT_NAMES = 2       # `next` has two results
NEXT_NAMES = (b"pairs", b"next")


@statement(TK_WHILE)
def _while(p: ParseState, line: int) -> bool:
    fs = p.fs
    p.lexer.next()
    start = fs.lasttarget = fs.pc
    exits = condition(p)
    open_scope(fs, LOOP)
    p.expect(TK_DO)
    loop = fs.emit(ins_ad(LOOP_OP, fs.nactvar, 0))
    block(p)
    fs.patch(fs.emit_jump(), start)
    p.close(TK_END, TK_WHILE, line)
    close_scope(fs)
    fs.patch_to_here(exits)
    fs.patch_one(loop, fs.pc)
    return False


@statement(TK_REPEAT)
def _repeat(p: ParseState, line: int) -> bool:
    """The condition sees the locals of the block, so the block ends only after it."""
    fs = p.fs
    loop = fs.lasttarget = fs.pc
    open_scope(fs, LOOP)
    inner = open_scope(fs, 0)
    p.lexer.next()
    fs.emit(ins_ad(LOOP_OP, fs.nactvar, 0))
    chunk(p)
    p.close(TK_UNTIL, TK_REPEAT, line)
    again = condition(p)
    if inner.flags & HAS_UPVALUE:
        # Both ways out of the block close upvalues: a break if the condition holds, a jump back if not.
        leave_loop(p)
        fs.patch_to_here(again)
        close_scope(fs)
        again = fs.emit_jump()
    else:
        close_scope(fs)
    fs.patch(again, loop)
    fs.patch_one(loop, fs.pc)
    close_scope(fs)
    return False


@statement(TK_FOR)
def _for(p: ParseState, line: int) -> bool:
    lexer = p.lexer
    open_scope(p.fs, LOOP)
    lexer.next()
    name = p.name()
    if lexer.tok == CH_ASSIGN:
        _numeric(p, name, line)
    elif lexer.tok == CH_COMMA or lexer.tok == TK_IN:
        _generic(p, name)
    else:
        lexer.error_near(messages.FOR)
    p.close(TK_END, TK_FOR, line)
    close_scope(p.fs)
    return False


def _numeric(p: ParseState, name: bytes, line: int) -> None:
    fs = p.fs
    base = fs.freereg
    declare(fs, FORL_INDEX, FOR_INDEX)
    declare(fs, FORL_STOP, FOR_LIMIT)
    declare(fs, FORL_STEP, FOR_STEP)
    declare(fs, FORL_EXT, name)
    p.expect(CH_ASSIGN)
    next_value(p)
    p.expect(CH_COMMA)
    next_value(p)
    if p.accept(CH_COMMA):
        next_value(p)
    else:
        fs.emit(ins_ad(KSHORT, fs.freereg, 1))
        fs.reserve(1)
    activate(fs, CONTROL_SLOTS)
    p.expect(TK_DO)
    loop = fs.emit(ins_aj(FORI, base, NO_JUMP))
    _body(p, 1)
    end = fs.emit(ins_aj(FORL, base, NO_JUMP))
    fs.lines[end] = line
    fs.patch_one(end, loop + 1)
    fs.patch_one(loop, fs.pc)


def _generic(p: ParseState, name: bytes) -> None:
    fs = p.fs
    base = fs.freereg + CONTROL_SLOTS
    expressions = fs.pc
    names = _generic_names(p, name)
    p.expect(TK_IN)
    line = p.lexer.line
    count, e = expression_list(p)
    adjust(p, CONTROL_SLOTS, count, e)
    fs.bump(ITERATOR_FRAME)
    is_next = names <= MAX_NEXT_NAMES and _looks_like_next(fs, expressions)
    activate(fs, CONTROL_SLOTS)
    p.expect(TK_DO)
    loop = fs.emit(ins_aj(ISNEXT if is_next else JMP, base, NO_JUMP))
    _body(p, names)
    fs.patch_one(loop, fs.pc)
    call = fs.emit(ins_abc(ITERN if is_next else ITERC, base, names + 1, CONTROL_SLOTS))
    end = fs.emit(ins_aj(ITERL, base, NO_JUMP))
    fs.lines[call] = fs.lines[end] = line
    fs.patch_one(end, loop + 1)


def _generic_names(p: ParseState, first: bytes) -> int:
    """Declares the variables of the loop; returns how many of them are visible."""
    for offset, name in enumerate((FOR_GENERATOR, FOR_STATE, FOR_CONTROL, first)):
        declare(p.fs, offset, name)
    names = 1
    while p.accept(CH_COMMA):
        declare(p.fs, CONTROL_SLOTS + names, p.name())
        names += 1
    return names


def _body(p: ParseState, names: int) -> None:
    """The block of a for loop, in the scope of its variables."""
    fs = p.fs
    open_scope(fs, 0)
    activate(fs, names)
    fs.reserve(names)
    block(p)
    close_scope(fs)


def _looks_like_next(fs: FunctionState, pc: int) -> bool:
    """The first instruction of the iterator's expression reads something called `pairs` or `next`."""
    if pc >= fs.pc:
        return False
    ins = fs.code[pc]
    op, d = ins & 0xFF, ins >> 16
    if op == MOV:
        return d < fs.nactvar and local_at(fs, d).name in NEXT_NAMES
    if op == UGET:
        return fs.vstack[fs.upvalues[d]].name in NEXT_NAMES
    return op == GGET and d in [fs.find_string(name) for name in NEXT_NAMES]
