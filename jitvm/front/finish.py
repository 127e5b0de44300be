"""From the function being compiled to its prototype.

Last things happen here: the final return; upvalues closed on returns that were emitted before the function
turned out to create closures; descriptors of the children's upvalues, for only now it is known which locals
are assigned.
"""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.bytecode import BC, JUMP_BIAS, MAX_D, ins_ad, ins_aj
from jitvm.front.emit import FunctionState
from jitvm.front.proto import (
    BUILD_FLAGS,
    UPVALUE_IMMUTABLE,
    UPVALUE_LOCAL,
    ProtoFlag,
    Prototype,
    VarInfo,
)
from jitvm.front.scope import ASSIGNED, HAS_UPVALUE, JUMP_KINDS, NO_CLOSE, Variable, close_scope

RETURNS = frozenset(int(op) for op in (BC.CALLMT, BC.CALLT, BC.RETM, BC.RET, BC.RET0, BC.RET1))
UCLO, RET0, FNEW = int(BC.UCLO), int(BC.RET0), int(BC.FNEW)
MAX_CONSTANTS = MAX_D + 1


def finish(fs: FunctionState, lastline: int) -> Prototype:
    """Completes the function."""
    _finish_returns(fs)
    for constants in (len(fs.knum), len(fs.kgc)):
        if constants > MAX_CONSTANTS:
            fs.limit(MAX_CONSTANTS, b"constants")
    fs.code[0] = ins_ad(BC.FUNCV if fs.flags & ProtoFlag.VARARG else BC.FUNCF, fs.framesize, 0)
    fs.lines[0] = fs.linedefined
    for child, sources in fs.children:
        child.upvalues = [_descriptor(fs.vstack, source) for source in sources]
    proto = Prototype(
        bytecode=fs.code,
        kgc=fs.kgc,
        knum=fs.knum,
        upvalues=[],    # the parent knows
        uvnames=[fs.vstack[index].name for index in fs.upvalues],
        lines=fs.lines,
        varinfo=[VarInfo(variable.name, variable.startpc, variable.endpc)
                 for variable in fs.vstack[fs.vbase:] if not variable.kind & JUMP_KINDS],
        numparams=fs.numparams,
        framesize=fs.framesize,
        flags=fs.flags & ~BUILD_FLAGS,
        firstline=fs.linedefined,
        numline=lastline - fs.linedefined,
        chunkname=fs.lexer.chunkname,
    )
    del fs.vstack[fs.vbase:]
    return proto


def _descriptor(vstack: list[Variable], source: tuple[bool, int]) -> int:
    is_local, index = source
    if not is_local:
        return index
    variable = vstack[index]
    immutable = 0 if variable.kind & ASSIGNED else UPVALUE_IMMUTABLE
    return variable.slot | UPVALUE_LOCAL | immutable


def _finish_returns(fs: FunctionState) -> None:
    scope = fs.scope
    assert scope is not None and scope.parent is None, "blocks are closed in order"
    lastpc = fs.pc
    if lastpc <= fs.lasttarget or fs.code[lastpc - 1] & 0xFF not in RETURNS:
        if scope.flags & HAS_UPVALUE:
            fs.emit(ins_aj(UCLO, 0, 0))
        fs.emit(ins_ad(RET0, 0, 1))
    scope.flags |= NO_CLOSE   # done above
    close_scope(fs)
    if fs.flags & ProtoFlag.FIXUP_RETURN:
        _close_on_early_returns(fs, lastpc)


def _close_on_early_returns(fs: FunctionState, lastpc: int) -> None:
    """Returns before the first FNEW close no upvalues yet: each moves to the end, and a UCLO jumps there."""
    for pc in range(1, lastpc):
        ins = fs.code[pc]
        op = ins & 0xFF
        if op == FNEW:
            return
        if op in RETURNS:
            moved = fs.emit(ins)
            fs.lines[moved] = fs.lines[pc]
            if moved - (pc + 1) + JUMP_BIAS > MAX_D:
                fs.lexer.error_near(messages.RETURN_FIXUP)
            fs.code[pc] = ins_aj(UCLO, 0, moved - (pc + 1))
