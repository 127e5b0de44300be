"""Names: local variables, upvalues, blocks, goto and labels.

The names of all functions being compiled stand on one stack (`vstack`) in order of declaration; a function
owns the part above its `vbase`.  Gotos, breaks and labels stand there too, and in tables of their blocks:

    for i = 1, 2 do            (for index) (for limit) (for step) i
      goto done                goto done, pending: leaves the block, is handed to the one outside
    end
    ::done::                   label done: resolves what is pending in this block

Invariants: `varmap` maps every register of a declared local to its entry, `registers` the names of the
visible ones to their registers, and `shadowed` says which register the name of each had before.
A goto's slot is the number of variables active where it (by now) stands, so a label with more of them is
inside the scope of a variable the goto has not passed.  A pending goto that has the name of a label of its
block stands behind it.
"""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.bytecode import BC, ins_aj
from jitvm.front.emit import NO_JUMP, FunctionState

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import NoReturn

MAX_LOCALS = 200
MAX_UPVALUES = 60
MAX_NAMES = 65536 - MAX_UPVALUES

# What an entry is, and whether a local is ever assigned after its declaration.
READ_ONLY, ASSIGNED, GOTO, LABEL = 0, 1, 2, 4
JUMP_KINDS = GOTO | LABEL

# Properties of a block.
LOOP, HAS_BREAK, HAS_GOTO, HAS_UPVALUE, NO_CLOSE = 1, 2, 4, 8, 16

BREAK = b"\0break"   # no name of a program looks like this
FOR_INDEX, FOR_LIMIT, FOR_STEP = b"(for index)", b"(for limit)", b"(for step)"
FOR_GENERATOR, FOR_STATE, FOR_CONTROL = b"(for generator)", b"(for state)", b"(for control)"

JMP, UCLO = int(BC.JMP), int(BC.UCLO)


class Variable:
    """A name on the stack."""

    __slots__ = ("endpc", "kind", "name", "slot", "startpc")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.startpc = 0
        self.endpc = 0
        self.slot = 0
        self.kind = READ_ONLY


class Scope:
    """A block: what was there before it, and what happened in it."""

    __slots__ = ("flags", "gotos", "labels", "nactvar", "parent")

    def __init__(self, fs: FunctionState, flags: int) -> None:
        self.nactvar = fs.nactvar
        self.flags = flags
        self.parent = fs.scope
        self.labels: dict[bytes, Variable] = {}
        self.gotos: dict[bytes, list[Variable]] = {}   # pending, breaks included


# -- Local variables -----------------------------------------------------------


def push_name(fs: FunctionState, name: bytes) -> Variable:
    if len(fs.vstack) >= MAX_NAMES:
        fs.lexer.error(messages.LOCALS % MAX_NAMES)
    variable = Variable(name)
    fs.vstack.append(variable)
    return variable


def declare(fs: FunctionState, offset: int, name: bytes) -> None:
    """A local that becomes active with the next `activate`, `offset` registers above the active ones."""
    reg = fs.nactvar + offset
    if reg >= MAX_LOCALS:
        fs.limit(MAX_LOCALS, b"local variables")
    push_name(fs, name)
    del fs.varmap[reg:]
    fs.varmap.append(len(fs.vstack) - 1)


def activate(fs: FunctionState, count: int) -> None:
    pc = fs.pc
    for _ in range(count):
        variable = fs.vstack[fs.varmap[fs.nactvar]]
        variable.startpc = pc
        variable.slot = fs.nactvar
        variable.kind = READ_ONLY
        fs.shadowed.append(fs.registers.get(variable.name))
        fs.registers[variable.name] = fs.nactvar
        fs.nactvar += 1


def local_at(fs: FunctionState, reg: int) -> Variable:
    return fs.vstack[fs.varmap[reg]]


def find_local(fs: FunctionState, name: bytes) -> int | None:
    """The register of the innermost local of that name."""
    return fs.registers.get(name)


def find_upvalue(fs: FunctionState, name: bytes) -> tuple[int, int] | None:
    """The upvalue of that name, made if need be, and the variable it stands for; None for a global.

    The search goes outwards to the function that owns the variable; all on the way get the upvalue."""
    path = [fs]
    owner = fs.parent
    reg = None
    while owner is not None:
        reg = find_local(owner, name)
        if reg is not None:
            break
        path.append(owner)
        owner = owner.parent
    if owner is None or reg is None:
        return None
    mark_captured(owner, reg)
    variable = owner.varmap[reg]
    source = (True, variable)
    index = 0
    for function in reversed(path):
        index = _upvalue(function, variable, source)
        source = (False, index)
    return index, variable


def _upvalue(fs: FunctionState, variable: int, source: tuple[bool, int]) -> int:
    if variable in fs.upvalues:
        return fs.upvalues.index(variable)
    if len(fs.upvalues) >= MAX_UPVALUES:
        fs.limit(MAX_UPVALUES, b"upvalues")
    fs.upvalues.append(variable)
    fs.upvalue_sources.append(source)
    return len(fs.upvalues) - 1


def mark_captured(fs: FunctionState, reg: int) -> None:
    """The block of that local has to close its upvalues."""
    scope = fs.scope
    while scope is not None and scope.nactvar > reg:
        scope = scope.parent
    if scope is not None:
        scope.flags |= HAS_UPVALUE


# -- Blocks --------------------------------------------------------------------


def open_scope(fs: FunctionState, flags: int) -> Scope:
    fs.scope = Scope(fs, flags)
    return fs.scope


def close_scope(fs: FunctionState) -> None:
    scope = fs.scope
    assert scope is not None
    fs.scope = scope.parent
    pc = fs.pc
    while fs.nactvar > scope.nactvar:
        fs.nactvar -= 1
        variable = fs.vstack[fs.varmap[fs.nactvar]]
        variable.endpc = pc
        outer = fs.shadowed.pop()
        if outer is None:
            del fs.registers[variable.name]
        else:
            fs.registers[variable.name] = outer
    fs.freereg = fs.nactvar
    if scope.flags & (HAS_UPVALUE | NO_CLOSE) == HAS_UPVALUE:
        fs.emit(ins_aj(UCLO, scope.nactvar, 0))
    if scope.flags & HAS_BREAK:
        if not scope.flags & LOOP:
            _leave(fs, scope)
            return
        label = _jump_entry(fs, BREAK, LABEL, fs.pc)
        fs.vstack.pop()   # seen by nothing but this loop's breaks
        resolve_gotos(fs, scope, label)
    if scope.flags & HAS_GOTO:
        _leave(fs, scope)


# -- Goto and labels -----------------------------------------------------------


def add_goto(fs: FunctionState, name: bytes, pc: int) -> None:
    """A goto or break whose jump stands at `pc`."""
    assert fs.scope is not None
    entry = _jump_entry(fs, name, GOTO, pc)
    fs.scope.gotos.setdefault(name, []).append(entry)


def add_label(fs: FunctionState, name: bytes) -> Variable:
    assert fs.scope is not None
    entry = fs.scope.labels[name] = _jump_entry(fs, name, LABEL, fs.pc)
    return entry


def _jump_entry(fs: FunctionState, name: bytes, kind: int, pc: int) -> Variable:
    entry = push_name(fs, name)
    entry.startpc = pc
    entry.endpc = len(fs.vstack)   # its rank among the jumps of a block
    entry.slot = fs.nactvar
    entry.kind = kind
    return entry


def resolve_gotos(fs: FunctionState, scope: Scope, label: Variable) -> None:
    """Lets the pending gotos of a block jump to a label that follows them."""
    for entry in scope.gotos.pop(label.name, ()):
        if entry.slot < label.slot:
            _fail_at(fs, entry, messages.GOTO_SCOPE % (entry.name, local_at(fs, entry.slot).name))
        _jump_to(fs, entry, label)


def _fail_at(fs: FunctionState, entry: Variable, message: bytes) -> NoReturn:
    fs.lexer.line = fs.lines[entry.startpc]
    fs.lexer.error(message)


def _jump_to(fs: FunctionState, entry: Variable, label: Variable) -> None:
    fs.set_a(entry.startpc, label.slot)
    fs.patch(entry.startpc, label.startpc)


def _close_at(fs: FunctionState, entry: Variable) -> None:
    """Makes a goto close the upvalues of the block it leaves."""
    pc = entry.startpc
    fs.set_a(pc, entry.slot)
    if fs.code[pc] & 0xFF == JMP:
        others = fs.cut_list(pc)
        if others != NO_JUMP:
            fs.patch(others, pc)
        fs.set_op(pc, UCLO)


def _leave(fs: FunctionState, scope: Scope) -> None:
    """At the end of a block: backward gotos meet their labels, pending ones go to the block outside."""
    gotos = [entry for entries in scope.gotos.values() for entry in entries]
    backward = {name for name in scope.labels if name in scope.gotos}
    # In order of the labels they meet, or of their own place.
    gotos.sort(key=lambda entry: (scope.labels[entry.name] if entry.name in backward else entry).endpc)
    for entry in gotos:
        if entry.name not in backward:
            _hand_outside(fs, scope, entry)
            continue
        label = scope.labels[entry.name]
        if scope.flags & HAS_UPVALUE and entry.slot > label.slot:
            _close_at(fs, entry)
        _jump_to(fs, entry, label)


def _hand_outside(fs: FunctionState, scope: Scope, entry: Variable) -> None:
    if scope.parent is None:
        _fail_at(fs, entry, messages.BREAK if entry.name == BREAK else messages.LABEL_UNDEFINED % entry.name)
    scope.parent.flags |= HAS_BREAK if entry.name == BREAK else HAS_GOTO
    scope.parent.gotos.setdefault(entry.name, []).append(entry)
    entry.slot = scope.nactvar
    if scope.flags & HAS_UPVALUE:
        _close_at(fs, entry)
