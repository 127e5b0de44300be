"""Expressions: what is known about a value before an instruction has to hold it.

Code for an expression is put off as long as possible.  A descriptor goes from left to right through these
states, and `discharge`, `to_next_reg` and the others push it just as far as its use demands:

    x.y          GLOBAL x  ->  RELOC (GGET emitted, no destination yet)  ->  NONRELOC 0 (x in register 0)
                 -> INDEXED (register 0, key "y")  ->  RELOC (TGETS)  ->  NONRELOC
    a < b        JUMP (ISGE and JMP emitted: jumps if false)
    a or 1       NUM, with the jump of `a` in its true list

`t` and `f` are the lists of jumps taken when the value is known to be true or false; they are equal (both
empty) when the value is plain.
Invariant: registers are freed in the opposite order of their allocation, so the emitter never tracks
lifetimes.
"""

from __future__ import annotations

from jitvm.front.bytecode import BC, MAX_C, NO_REG, ins_abc, ins_ad, ins_aj
from jitvm.front.emit import NO_JUMP, PRI_FALSE, PRI_NIL, PRI_TRUE, FunctionState
from jitvm.front.proto import CDataConst, ProtoFlag
from jitvm.front.scope import ASSIGNED

# Kinds.  Constants come first: the first three are also operands of KPRI.
# From LOCAL to CALL something is still to be read: what `discharge` is for.
(NIL, FALSE, TRUE, STRING, NUMBER, CDATA, LOCAL, UPVALUE, GLOBAL, INDEXED, CALL, JUMP, RELOC, NONRELOC,
 VOID) = range(15)
LAST_CONSTANT = NUMBER   # 64-bit constants are objects, created anew: they take no part in folding and tests
NO_VALUE = frozenset((JUMP, VOID))
assert (NIL, FALSE, TRUE) == (PRI_NIL, PRI_FALSE, PRI_TRUE)

BYTE_KEY = MAX_C + 1     # key of INDEXED: 0..255 register, 256..511 byte, negative string constant

GGET, GSET, UGET, USETV, USETS, USETN, USETP = (
    int(op) for op in (BC.GGET, BC.GSET, BC.UGET, BC.USETV, BC.USETS, BC.USETN, BC.USETP))
TGETV, TGETS, TGETB, TSETV, TSETS, TSETB = (
    int(op) for op in (BC.TGETV, BC.TGETS, BC.TGETB, BC.TSETV, BC.TSETS, BC.TSETB))
KSTR, KCDATA, KSHORT, KNUM, KPRI, MOV, JMP = (
    int(op) for op in (BC.KSTR, BC.KCDATA, BC.KSHORT, BC.KNUM, BC.KPRI, BC.MOV, BC.JMP))

NOT, IST, ISF, ISTC, ISFC = (int(op) for op in (BC.NOT, BC.IST, BC.ISF, BC.ISTC, BC.ISFC))


class Exp:
    """An expression descriptor.

    kind      info                    aux                      value
    STRING, NUMBER, CDATA                                      the constant
    LOCAL     register                index into vstack
    UPVALUE   upvalue                 index into vstack
    GLOBAL                                                     the name
    INDEXED   register of the table   key, see BYTE_KEY
    JUMP, RELOC   position
    NONRELOC  register
    CALL      position                first result register
    """

    __slots__ = ("aux", "f", "info", "kind", "t", "value")

    def __init__(self, kind: int, info: int = 0, aux: int = 0, value: object = None) -> None:
        self.kind = kind
        self.info = info
        self.aux = aux
        self.value = value
        self.t = NO_JUMP
        self.f = NO_JUMP

    @property
    def has_jump(self) -> bool:
        return self.t != self.f

    @property
    def is_constant(self) -> bool:
        """Nil, boolean, string or number, whatever jumps lead past it."""
        return self.kind <= LAST_CONSTANT

    @property
    def is_plain_constant(self) -> bool:
        return self.kind <= LAST_CONSTANT and self.t == self.f

    @property
    def is_plain_number(self) -> bool:
        return self.kind == NUMBER and self.t == self.f

    def number(self) -> float:
        value = self.value
        assert isinstance(value, float), value
        return value

    def string(self) -> bytes:
        value = self.value
        assert isinstance(value, bytes), value
        return value


# -- From descriptor to register ------------------------------------------------


def discharge(fs: FunctionState, e: Exp) -> None:
    """Reads the variable or call result, if it is one; the destination stays open where possible."""
    kind = e.kind
    if kind == LOCAL:
        e.kind = NONRELOC
        return
    if kind == CALL:
        e.info = e.aux
        e.kind = NONRELOC
        return
    if kind == GLOBAL:
        ins = ins_ad(GGET, 0, fs.const_string(e.string()))
    elif kind == INDEXED:
        ins = _read_indexed(fs, e)
    elif kind == UPVALUE:
        ins = ins_ad(UGET, 0, e.info)
    else:
        return
    e.info = fs.emit(ins)
    e.kind = RELOC


def _read_indexed(fs: FunctionState, e: Exp) -> int:
    key = e.aux
    if key < 0:
        ins = ins_abc(TGETS, 0, e.info, ~key)
    elif key >= BYTE_KEY:
        ins = ins_abc(TGETB, 0, e.info, key - BYTE_KEY)
    else:
        fs.release(key)
        ins = ins_abc(TGETV, 0, e.info, key)
    fs.release(e.info)
    return ins


def free(fs: FunctionState, e: Exp) -> None:
    if e.kind == NONRELOC and e.info >= fs.nactvar:
        fs.freereg -= 1


def is_short(number: float) -> bool:
    """Fits the operand of KSHORT."""
    return -0x8000 <= number <= 0x7FFF and number == int(number)


def to_reg_nobranch(fs: FunctionState, e: Exp, reg: int) -> None:
    """Puts the value into a register; jumps of the expression stay open."""
    if LOCAL <= e.kind <= CALL:
        discharge(fs, e)
    kind = e.kind
    if kind == RELOC:
        fs.code[e.info] = fs.code[e.info] & 0xFFFF00FF | reg << 8
    elif kind == NONRELOC:
        if reg != e.info:
            fs.emit(ins_ad(MOV, reg, e.info))
    elif kind == NIL:
        fs.emit_nil(reg, 1)
    elif kind in NO_VALUE:
        return
    else:
        fs.emit(_load_constant(fs, e, reg))
    e.info = reg
    e.kind = NONRELOC


def _load_constant(fs: FunctionState, e: Exp, reg: int) -> int:
    if e.kind == STRING:
        return ins_ad(KSTR, reg, fs.const_string(e.string()))
    if e.kind == NUMBER:
        number = e.number()
        if is_short(number):
            return ins_ad(KSHORT, reg, int(number))
        return ins_ad(KNUM, reg, fs.const_num(number))
    if e.kind == CDATA:
        fs.flags |= ProtoFlag.FFI
        assert isinstance(e.value, CDataConst), e.value
        return ins_ad(KCDATA, reg, fs.const_object(e.value))
    return ins_ad(KPRI, reg, e.kind)


def to_reg(fs: FunctionState, e: Exp, reg: int) -> None:
    """Puts the value into a register; all jumps of the expression end behind it with the value there."""
    to_reg_nobranch(fs, e, reg)
    if e.kind == JUMP:
        e.t = fs.join(e.t, e.info)
    if e.t != e.f:
        load_false = load_true = NO_JUMP
        if fs.needs_value(e.t) or fs.needs_value(e.f):
            past = NO_JUMP if e.kind == JUMP else fs.emit_jump()
            load_false = fs.emit(ins_ad(KPRI, reg, PRI_FALSE))
            fs.emit(ins_aj(JMP, fs.freereg, 1))
            load_true = fs.emit(ins_ad(KPRI, reg, PRI_TRUE))
            fs.patch_to_here(past)
        end = fs.lasttarget = fs.pc
        fs.patch_values(e.f, end, reg, load_false)
        fs.patch_values(e.t, end, reg, load_true)
    e.t = e.f = NO_JUMP
    e.info = reg
    e.kind = NONRELOC


def to_next_reg(fs: FunctionState, e: Exp) -> None:
    if LOCAL <= e.kind <= CALL:
        discharge(fs, e)
    if e.kind == NONRELOC and e.info >= fs.nactvar:
        fs.freereg -= 1
    reg = fs.freereg
    fs.reserve(1)
    if e.t == e.f and e.kind != JUMP:
        to_reg_nobranch(fs, e, reg)
    else:
        to_reg(fs, e, reg)


def to_any_reg(fs: FunctionState, e: Exp) -> int:
    """The register of the value, a new one only if it is in none."""
    if LOCAL <= e.kind <= CALL:
        discharge(fs, e)
    if e.kind == NONRELOC:
        if e.t == e.f:
            return e.info
        if e.info >= fs.nactvar:
            to_reg(fs, e, e.info)
            return e.info
    to_next_reg(fs, e)
    return e.info


def to_value(fs: FunctionState, e: Exp) -> None:
    """Constant, register or open destination, but without jumps."""
    if e.t != e.f:
        to_any_reg(fs, e)
    elif LOCAL <= e.kind <= CALL:
        discharge(fs, e)


# -- Variables and table fields -------------------------------------------------


def store(fs: FunctionState, variable: Exp, e: Exp) -> None:
    """Assigns to a variable or field."""
    kind = variable.kind
    if kind == LOCAL:
        fs.vstack[variable.aux].kind |= ASSIGNED
        free(fs, e)
        to_reg(fs, e, variable.info)
        return
    if kind == UPVALUE:
        fs.vstack[variable.aux].kind |= ASSIGNED
        to_value(fs, e)
        ins = _store_upvalue(fs, variable.info, e)
    elif kind == GLOBAL:
        reg = to_any_reg(fs, e)
        ins = ins_ad(GSET, reg, fs.const_string(variable.string()))
    else:
        assert kind == INDEXED, kind
        reg = to_any_reg(fs, e)
        key = variable.aux
        if key < 0:
            ins = ins_abc(TSETS, reg, variable.info, ~key)
        elif key >= BYTE_KEY:
            ins = ins_abc(TSETB, reg, variable.info, key - BYTE_KEY)
        else:
            ins = ins_abc(TSETV, reg, variable.info, key)
    fs.emit(ins)
    free(fs, e)


def _store_upvalue(fs: FunctionState, upvalue: int, e: Exp) -> int:
    if e.kind <= TRUE:
        return ins_ad(USETP, upvalue, e.kind)
    if e.kind == STRING:
        return ins_ad(USETS, upvalue, fs.const_string(e.string()))
    if e.kind == NUMBER:
        return ins_ad(USETN, upvalue, fs.const_num(e.number()))
    return ins_ad(USETV, upvalue, to_any_reg(fs, e))


def index(fs: FunctionState, table: Exp, key: Exp) -> None:
    """Makes `table`, which is in a register, the field named by a key that carries no jumps."""
    table.kind = INDEXED
    if key.kind == NUMBER:
        number = key.number()
        if 0 <= number <= 0xFF and number == int(number):
            table.aux = BYTE_KEY + int(number)
            return
    elif key.kind == STRING:
        string = fs.const_string(key.string())
        if string <= MAX_C:
            table.aux = ~string
            return
    table.aux = to_any_reg(fs, key)


def method(fs: FunctionState, e: Exp, name: bytes) -> None:
    """Fetches `e:name` into the next register and the object itself into the one of its first argument."""
    obj = to_any_reg(fs, e)
    free(fs, e)
    function = fs.freereg
    fs.emit(ins_ad(MOV, function + 2, obj))
    string = fs.const_string(name)
    if string <= MAX_C:
        fs.reserve(3)
        fs.emit(ins_abc(TGETS, function, obj, string))
    else:
        fs.reserve(4)
        fs.emit(ins_ad(KSTR, function + 3, string))
        fs.emit(ins_abc(TGETV, function, obj, function + 3))
        fs.freereg -= 1
    e.info = function
    e.kind = NONRELOC


# -- Conditions -----------------------------------------------------------------


def invert(fs: FunctionState, e: Exp) -> None:
    """Makes the test before a jump the opposite one."""
    fs.code[e.info - 1] ^= 1


def _test(fs: FunctionState, e: Exp, test: int, copy: int) -> int:
    """A jump on the truth of a value; `not` before it turns into the opposite test."""
    if e.kind == RELOC and fs.code[e.info] & 0xFF == NOT:
        opposite = IST + ISF - test
        fs.code[e.info] = ins_ad(opposite, 0, fs.code[e.info] >> 16)
        return fs.emit_jump()
    if e.kind != NONRELOC:
        fs.reserve(1)
        to_reg_nobranch(fs, e, fs.freereg - 1)
    fs.emit(ins_ad(copy, NO_REG, e.info))
    jump = fs.emit_jump()
    free(fs, e)
    return jump


def branch_true(fs: FunctionState, e: Exp) -> None:
    """Goes on if the value is true: what jumps if it is false joins `f`."""
    discharge(fs, e)
    kind = e.kind
    if kind in (STRING, NUMBER, TRUE):
        jump = NO_JUMP
    elif kind == JUMP:
        invert(fs, e)
        jump = e.info
    elif kind <= FALSE:
        to_reg_nobranch(fs, e, NO_REG)
        jump = fs.emit_jump()
    else:
        jump = _test(fs, e, ISF, ISFC)
    e.f = fs.join(e.f, jump)
    fs.patch_to_here(e.t)
    e.t = NO_JUMP


def branch_false(fs: FunctionState, e: Exp) -> None:
    """Goes on if the value is false: what jumps if it is true joins `t`."""
    discharge(fs, e)
    kind = e.kind
    if kind <= FALSE:
        jump = NO_JUMP
    elif kind == JUMP:
        jump = e.info
    elif kind <= LAST_CONSTANT:
        to_reg_nobranch(fs, e, NO_REG)
        jump = fs.emit_jump()
    else:
        jump = _test(fs, e, IST, ISTC)
    e.t = fs.join(e.t, jump)
    fs.patch_to_here(e.f)
    e.f = NO_JUMP

