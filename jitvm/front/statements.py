"""The grammar of statements, except loops: assignments, declarations, branches, returns, goto."""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.blocks import BLOCK_ENDS, block, body
from jitvm.front.bytecode import BC, ins_ad, ins_aj
from jitvm.front.emit import NO_JUMP
from jitvm.front.expr import (
    CALL,
    INDEXED,
    LOCAL,
    NONRELOC,
    RELOC,
    VOID,
    Exp,
    free,
    store,
    to_any_reg,
    to_next_reg,
    to_reg,
)
from jitvm.front.expressions import condition, expression_list, field, primary, variable
from jitvm.front.proto import ProtoFlag
from jitvm.front.scope import (
    BREAK,
    HAS_BREAK,
    HAS_GOTO,
    activate,
    add_goto,
    add_label,
    declare,
    local_at,
    resolve_gotos,
)
from jitvm.front.state import MAX_LEVEL, ParseState, statement
from jitvm.front.tokens import (
    CH_ASSIGN,
    CH_COLON,
    CH_COMMA,
    CH_DOT,
    CH_SEMICOLON,
    TK_BREAK,
    TK_DO,
    TK_ELSE,
    TK_ELSEIF,
    TK_END,
    TK_FUNCTION,
    TK_GOTO,
    TK_IF,
    TK_LABEL,
    TK_LOCAL,
    TK_NAME,
    TK_RETURN,
    TK_THEN,
    TK_UNTIL,
)

MOV, VARG, UCLO, LOOP = int(BC.MOV), int(BC.VARG), int(BC.UCLO), int(BC.LOOP)
RETM, RET, RET0, RET1 = int(BC.RETM), int(BC.RET), int(BC.RET0), int(BC.RET1)
TO_TAIL_CALL = BC.CALLT - BC.CALL


# -- Assignments and calls ------------------------------------------------------


@statement(TK_NAME)
def _call_or_assignment(p: ParseState, line: int) -> bool:
    e = primary(p)
    if e.kind == CALL:
        p.fs.set_b(e.info, 1)   # no results
    else:
        _assignment(p, e)
    return False


def _assignment(p: ParseState, first: Exp) -> None:
    fs = p.fs
    targets = [first]
    while True:
        if not LOCAL <= targets[-1].kind <= INDEXED:
            p.lexer.error_near(messages.SYNTAX)
        if not p.accept(CH_COMMA):
            break
        target = primary(p)
        if target.kind == LOCAL:
            _save_operand(p, targets, target.info)
        if p.level + len(targets) >= MAX_LEVEL:
            fs.limit(MAX_LEVEL, b"variable names")
        targets.append(target)
    p.expect(CH_ASSIGN)
    count, e = expression_list(p)
    if count == len(targets):
        _take_one(p, e)
        store(fs, targets.pop(), e)
    else:
        adjust(p, len(targets), count, e)
    while targets:
        store(fs, targets.pop(), Exp(NONRELOC, fs.freereg - 1))


def _take_one(p: ParseState, e: Exp) -> None:
    """Settles for the first result of a call or the first extra argument."""
    if e.kind != CALL:
        return
    if p.fs.code[e.info] & 0xFF == VARG:
        p.fs.freereg -= 1
        e.kind = RELOC
    else:
        e.info = e.aux
        e.kind = NONRELOC


def _save_operand(p: ParseState, targets: list[Exp], reg: int) -> None:
    """In `t[i], i = 1, 2` the field is assigned last: it must see the old `i` (or `t`)."""
    fs = p.fs
    conflict = False
    for target in targets:
        if target.kind == INDEXED:
            if target.info == reg:
                conflict = True
                target.info = fs.freereg
            if target.aux == reg:
                conflict = True
                target.aux = fs.freereg
    if conflict:
        fs.emit(ins_ad(MOV, fs.freereg, reg))
        fs.reserve(1)


def adjust(p: ParseState, wanted: int, count: int, e: Exp) -> None:
    """Makes `count` values, the last still open, as many as are wanted."""
    fs = p.fs
    extra = wanted - count
    if e.kind == CALL:
        extra = max(extra + 1, 0)
        fs.set_b(e.info, extra + 1)
        if extra > 1:
            fs.reserve(extra - 1)
    else:
        if e.kind != VOID:
            to_next_reg(fs, e)
        if extra > 0:
            reg = fs.freereg
            fs.reserve(extra)
            fs.emit_nil(reg, extra)
    if count > wanted:
        fs.freereg -= count - wanted


# -- Declarations ---------------------------------------------------------------


@statement(TK_LOCAL)
def _local(p: ParseState, line: int) -> bool:
    p.lexer.next()
    if p.accept(TK_FUNCTION):
        _local_function(p)
        return False
    names = 1
    declare(p.fs, 0, p.name())
    while p.accept(CH_COMMA):
        declare(p.fs, names, p.name())
        names += 1
    count, e = expression_list(p) if p.accept(CH_ASSIGN) else (0, Exp(VOID, 0))
    adjust(p, names, count, e)
    activate(p.fs, names)
    return False


def _local_function(p: ParseState) -> None:
    """The name is visible in the body, for recursion, but has its value only after the store."""
    fs = p.fs
    declare(fs, 0, p.name())
    reg = fs.freereg
    fs.reserve(1)
    activate(fs, 1)
    function = body(p, p.lexer.line, ())
    free(fs, function)
    to_reg(fs, function, reg)
    local_at(fs, fs.nactvar - 1).startpc = fs.pc


@statement(TK_FUNCTION)
def _function(p: ParseState, line: int) -> bool:
    lexer = p.lexer
    lexer.next()
    target = variable(p)
    first_names: tuple[bytes, ...] = ()
    while lexer.tok == CH_DOT:
        field(p, target)
    if lexer.tok == CH_COLON:
        first_names = (b"self",)
        field(p, target)
    store(p.fs, target, body(p, line, first_names))
    p.fs.lines[-1] = line
    return False


# -- Blocks and branches --------------------------------------------------------


@statement(TK_DO)
def _do(p: ParseState, line: int) -> bool:
    p.lexer.next()
    block(p)
    p.close(TK_END, TK_DO, line)
    return False


@statement(TK_IF)
def _if(p: ParseState, line: int) -> bool:
    fs, lexer = p.fs, p.lexer
    ends = NO_JUMP
    otherwise = _then(p)
    while lexer.tok == TK_ELSEIF:
        ends = fs.join(ends, fs.emit_jump())
        fs.patch_to_here(otherwise)
        otherwise = _then(p)
    if lexer.tok == TK_ELSE:
        ends = fs.join(ends, fs.emit_jump())
        fs.patch_to_here(otherwise)
        lexer.next()
        block(p)
    else:
        ends = fs.join(ends, otherwise)
    fs.patch_to_here(ends)
    p.close(TK_END, TK_IF, line)
    return False


def _then(p: ParseState) -> int:
    """A condition and its block; returns the jumps past it."""
    p.lexer.next()
    otherwise = condition(p)
    p.expect(TK_THEN)
    block(p)
    return otherwise


# -- Transfer of control --------------------------------------------------------


@statement(TK_RETURN)
def _return(p: ParseState, line: int) -> bool:
    fs, lexer = p.fs, p.lexer
    lexer.next()
    fs.flags |= ProtoFlag.HAS_RETURN
    if lexer.tok in BLOCK_ENDS or lexer.tok == CH_SEMICOLON:
        ins = ins_ad(RET0, 0, 1)
    else:
        ins = _return_values(p)
    if fs.flags & ProtoFlag.CHILD:
        fs.emit(ins_aj(UCLO, 0, 0))
    fs.emit(ins)
    return True


def _return_values(p: ParseState) -> int:
    fs = p.fs
    count, e = expression_list(p)
    if e.kind == CALL:
        call = fs.code[e.info]
        if count == 1 and call & 0xFF != VARG:
            fs.drop_last()
            return ins_ad((call & 0xFF) + TO_TAIL_CALL, call >> 8 & 0xFF, call >> 16 & 0xFF)
        fs.set_b(e.info, 0)
        return ins_ad(RETM, fs.nactvar, e.aux - fs.nactvar)
    if count == 1:
        return ins_ad(RET1, to_any_reg(fs, e), 2)
    to_next_reg(fs, e)
    return ins_ad(RET, fs.nactvar, count + 1)


@statement(TK_BREAK)
def _break(p: ParseState, line: int) -> bool:
    p.lexer.next()
    leave_loop(p)
    return True


def leave_loop(p: ParseState) -> None:
    fs = p.fs
    assert fs.scope is not None
    fs.scope.flags |= HAS_BREAK
    add_goto(fs, BREAK, fs.emit_jump())


@statement(TK_GOTO)
def _goto(p: ParseState, line: int) -> bool:
    if p.lexer.peek() != TK_NAME:
        return _call_or_assignment(p, line)
    p.lexer.next()
    fs, name = p.fs, p.name()
    assert fs.scope is not None
    label = fs.scope.labels.get(name)
    if label is not None:
        fs.emit(ins_aj(LOOP, label.slot, NO_JUMP))   # a backward goto is a loop
    fs.scope.flags |= HAS_GOTO
    add_goto(fs, name, fs.emit_jump())
    return False


@statement(TK_LABEL)
def _label(p: ParseState, line: int) -> bool:
    fs, lexer = p.fs, p.lexer
    scope = fs.scope
    assert scope is not None
    fs.lasttarget = fs.pc
    scope.flags |= HAS_GOTO
    lexer.next()
    name = p.name()
    if name in scope.labels:
        lexer.error(messages.LABEL_DUPLICATE % name)
    label = add_label(fs, name)
    p.expect(TK_LABEL)
    if lexer.tok == TK_LABEL:
        p.enter_level()
        _label(p, line)
        p.leave_level()
    if lexer.tok in BLOCK_ENDS and lexer.tok != TK_UNTIL:
        label.slot = scope.nactvar   # at the end of a block it stands outside the scope of its locals
    resolve_gotos(fs, scope, label)
    return False
