"""Operators: folding of constants, instruction selection, the table of binary operators.

A binary operator is compiled in two steps, so that the left operand is settled before the right one is read:
`prepare` runs on the left operand when the operator is seen, `combine` on both at the end.

    x * 2 + y      prepare(*, x)  combine(*, x, 2)  prepare(+, .)  combine(+, ., y)      MULVN, ADDVV
    a and b        prepare: jump out if a is false;  combine: b, with a's jump in its false list

Folding never makes NaN or -0 a constant, since neither can be a key of the constant table.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from jitvm.front.bytecode import BC, MAX_B, MAX_C, ins_abc, ins_ad
from jitvm.front.emit import FunctionState
from jitvm.front.expr import (
    CDATA,
    FALSE,
    JUMP,
    NONRELOC,
    NUMBER,
    RELOC,
    STRING,
    TRUE,
    Exp,
    branch_false,
    branch_true,
    discharge,
    free,
    invert,
    to_any_reg,
    to_next_reg,
    to_value,
)
from jitvm.front.proto import CDataConst
from jitvm.front.tokens import (
    CH_GREATER,
    CH_HASH,
    CH_LESS,
    CH_MINUS,
    CH_PERCENT,
    CH_PLUS,
    CH_POWER,
    CH_SLASH,
    CH_STAR,
    TK_AND,
    TK_CONCAT,
    TK_EQ,
    TK_GE,
    TK_LE,
    TK_NE,
    TK_NOT,
    TK_OR,
)

UNARY_PRIORITY = 8
CAT, POW, UNM, LEN, NOT = (int(op) for op in (BC.CAT, BC.POW, BC.UNM, BC.LEN, BC.NOT))
TO_VN, TO_NV = BC.ADDVV - BC.ADDVN, BC.ADDVV - BC.ADDNV     # from VV to the forms with a number
TO_S, TO_N, TO_P = BC.ISEQS - BC.ISEQV, BC.ISEQN - BC.ISEQV, BC.ISEQP - BC.ISEQV
SWAP_OPERANDS = 3   # a > b is b < a; asserted beside the bytecode table

Prepare = Callable[[FunctionState, Exp], None]
Combine = Callable[[FunctionState, Exp, Exp], Exp]
Fold = Callable[[float, float], float]


class Operator:
    """A binary operator: how tight it binds to the left and to the right, and how it is compiled."""

    __slots__ = ("combine", "left", "prepare", "right")

    def __init__(self, left: int, right: int, prepare: Prepare, combine: Combine) -> None:
        self.left = left
        self.right = right
        self.prepare = prepare
        self.combine = combine


# -- Folding --------------------------------------------------------------------


def divide(x: float, y: float) -> float:
    if y != 0.0:
        return x / y
    if x == 0.0 or x != x:
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


def modulo(x: float, y: float) -> float:
    quotient = divide(x, y)
    floor = float(math.floor(quotient)) if math.isfinite(quotient) else quotient
    return x - floor * y


def power(x: float, y: float) -> float:
    """C's pow, which has a result where Python raises."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0 and math.fmod(y, 2.0) != 0.0 else math.inf
    except ValueError:
        return math.inf if x == 0.0 else math.nan


FOLDS: dict[BC, Fold] = {
    BC.ADDVV: lambda x, y: x + y,
    BC.SUBVV: lambda x, y: x - y,
    BC.MULVV: lambda x, y: x * y,
    BC.DIVVV: divide,
    BC.MODVV: modulo,
    BC.POW: power,
}


def _folded(fold: Fold, e1: Exp, e2: Exp) -> bool:
    if not (e1.is_plain_number and e2.is_plain_number):
        return False
    result = fold(e1.number(), e2.number())
    if result != result or (result == 0.0 and math.copysign(1.0, result) < 0.0):
        return False
    e1.value = result
    return True


# -- Arithmetic -----------------------------------------------------------------


def _release_both(fs: FunctionState, e1: Exp, e2: Exp) -> None:
    free(fs, e1)
    free(fs, e2)


def _prepare_arithmetic(fs: FunctionState, e: Exp) -> None:
    if not e.is_plain_number:
        to_any_reg(fs, e)


def _arithmetic(op: BC) -> Operator:
    vv, fold = int(op), FOLDS[op]

    def combine(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
        if _folded(fold, e1, e2):
            return e1
        # The right operand goes first: reading an indexed one frees registers.
        form = vv
        to_value(fs, e2)
        right = -1
        if e2.kind == NUMBER:
            right = fs.const_num(e2.number())
        if 0 <= right <= MAX_C:
            form = vv - TO_VN
        else:
            right = to_any_reg(fs, e2)
        to_value(fs, e1)
        left = -1
        if e1.kind == NUMBER and e2.kind != NUMBER:
            left = fs.const_num(e1.number())
        if 0 <= left <= MAX_B:
            left, right, form = right, left, vv - TO_NV
        else:
            left = to_any_reg(fs, e1)
        return _binary(fs, form, left, right, e1, e2)

    priority = 6 if op in (BC.ADDVV, BC.SUBVV) else 7
    return Operator(priority, priority, _prepare_arithmetic, combine)


def _combine_power(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
    if _folded(power, e1, e2):
        return e1
    right = to_any_reg(fs, e2)
    left = to_any_reg(fs, e1)
    return _binary(fs, POW, left, right, e1, e2)


def _binary(fs: FunctionState, op: int, left: int, right: int, e1: Exp, e2: Exp) -> Exp:
    _release_both(fs, e1, e2)
    e1.info = fs.emit(ins_abc(op, 0, left, right))
    e1.kind = RELOC
    return e1


def _combine_concat(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
    """Right associative: a chain becomes one CAT over consecutive registers."""
    to_value(fs, e2)
    if e2.kind == RELOC and fs.code[e2.info] & 0xFF == CAT:
        free(fs, e1)
        fs.set_b(e2.info, e1.info)
        e1.info = e2.info
    else:
        to_next_reg(fs, e2)
        free(fs, e2)
        free(fs, e1)
        e1.info = fs.emit(ins_abc(CAT, 0, e1.info, e2.info))
    e1.kind = RELOC
    return e1


# -- Comparisons ----------------------------------------------------------------


def _prepare_equality(fs: FunctionState, e: Exp) -> None:
    if not e.is_plain_constant:
        to_any_reg(fs, e)


def _jump_on(fs: FunctionState, ins: int, result: Exp, e1: Exp, e2: Exp) -> Exp:
    _release_both(fs, e1, e2)
    fs.emit(ins)
    result.info = fs.emit_jump()
    result.kind = JUMP
    return result


def _equality(op: BC) -> Operator:
    def combine(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
        result = e1
        to_value(fs, e1)
        if e1.is_constant:
            e1, e2 = e2, e1
        left = to_any_reg(fs, e1)
        to_value(fs, e2)
        kind = e2.kind
        if kind <= TRUE:
            ins = ins_ad(op + TO_P, left, kind)
        elif kind == STRING:
            ins = ins_ad(op + TO_S, left, fs.const_string(e2.string()))
        elif kind == NUMBER:
            ins = ins_ad(op + TO_N, left, fs.const_num(e2.number()))
        else:
            ins = ins_ad(op, left, to_any_reg(fs, e2))
        return _jump_on(fs, ins, result, e1, e2)

    return Operator(3, 3, _prepare_equality, combine)


def _ordered(op: BC) -> Operator:
    """< and <= as they are."""
    def combine(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
        to_value(fs, e1)
        right = to_any_reg(fs, e2)
        left = to_any_reg(fs, e1)
        return _jump_on(fs, ins_ad(op, left, right), e1, e1, e2)

    return Operator(3, 3, _prepare_arithmetic, combine)


def _swapped(op: BC) -> Operator:
    """> and >= with their operands exchanged."""
    test = op ^ SWAP_OPERANDS

    def combine(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
        to_value(fs, e1)
        to_value(fs, e2)
        left = to_any_reg(fs, e2)
        right = to_any_reg(fs, e1)
        return _jump_on(fs, ins_ad(test, left, right), e1, e2, e1)

    return Operator(3, 3, _prepare_arithmetic, combine)


# -- Logic ----------------------------------------------------------------------


def _combine_and(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
    discharge(fs, e2)
    e2.f = fs.join(e2.f, e1.f)
    return e2


def _combine_or(fs: FunctionState, e1: Exp, e2: Exp) -> Exp:
    discharge(fs, e2)
    e2.t = fs.join(e2.t, e1.t)
    return e2


BINARY: dict[int, Operator] = {
    CH_PLUS: _arithmetic(BC.ADDVV),
    CH_MINUS: _arithmetic(BC.SUBVV),
    CH_STAR: _arithmetic(BC.MULVV),
    CH_SLASH: _arithmetic(BC.DIVVV),
    CH_PERCENT: _arithmetic(BC.MODVV),
    CH_POWER: Operator(10, 9, _prepare_arithmetic, _combine_power),
    TK_CONCAT: Operator(5, 4, to_next_reg, _combine_concat),
    TK_NE: _equality(BC.ISNEV),
    TK_EQ: _equality(BC.ISEQV),
    CH_LESS: _ordered(BC.ISLT),
    TK_GE: _swapped(BC.ISGE),
    TK_LE: _ordered(BC.ISLE),
    CH_GREATER: _swapped(BC.ISGT),
    TK_AND: Operator(2, 2, branch_true, _combine_and),
    TK_OR: Operator(1, 1, branch_false, _combine_or),
}


# -- Unary operators ------------------------------------------------------------


def negate(fs: FunctionState, e: Exp) -> None:
    if not e.has_jump:
        if e.kind == CDATA:
            e.value = _negated_cdata(e.value)
            return
        if e.kind == NUMBER and e.number() != 0.0:
            e.value = -e.number()
            return
    to_any_reg(fs, e)
    _unary(fs, UNM, e)


def _negated_cdata(value: object) -> CDataConst:
    assert isinstance(value, CDataConst), value
    if isinstance(value.value, float):
        return CDataConst(value.kind, -value.value)
    bits = -value.value & 0xFFFFFFFFFFFFFFFF
    if value.kind == "int64" and bits >> 63:
        bits -= 1 << 64
    return CDataConst(value.kind, bits)


def length(fs: FunctionState, e: Exp) -> None:
    to_any_reg(fs, e)
    _unary(fs, LEN, e)


def logical_not(fs: FunctionState, e: Exp) -> None:
    e.f, e.t = e.t, e.f
    fs.drop_values(e.f)
    fs.drop_values(e.t)
    discharge(fs, e)
    if e.kind <= FALSE:
        e.kind = TRUE
    elif e.kind <= CDATA:
        e.kind = FALSE
    elif e.kind == JUMP:
        invert(fs, e)
    else:
        if e.kind == RELOC:
            fs.reserve(1)
            fs.set_a(e.info, fs.freereg - 1)
            e.info = fs.freereg - 1
            e.kind = NONRELOC
        _unary(fs, NOT, e)


def _unary(fs: FunctionState, op: int, e: Exp) -> None:
    free(fs, e)
    e.info = fs.emit(ins_ad(op, 0, e.info))
    e.kind = RELOC


UNARY: dict[int, Callable[[FunctionState, Exp], None]] = {
    TK_NOT: logical_not,
    CH_MINUS: negate,
    CH_HASH: length,
}
