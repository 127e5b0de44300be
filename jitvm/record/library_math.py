"""Recording of `math` and `bit`; bit.tohex is in `library_format.py`."""

from __future__ import annotations

from ir.calls import CALL_NUMBERS
from ir.fields import GG_ABS
from ir.layout import offset_of
from ir.objects import VM
from ir.ops import FPM_CEIL, FPM_FLOOR, FPM_LOG, FPM_LOG2, FPM_SQRT, Op
from ir.passes import narrow
from ir.values import Ins
from jitvm.record.library import BuiltinCall, builtin
from jitvm.record.recorder import INT, NUM, STR, is_integer

OPS = tuple(Op)
PRNG = CALL_NUMBERS["lj_prng_u64d"]
_PRNG_OFFSET = offset_of(VM, "prng")


def _number(call: BuiltinCall, index: int) -> Ins:
    call.coerces |= call.arg(index).type is STR
    return _converted(call, index)


def _converted(call: BuiltinCall, index: int) -> Ins:
    return narrow.to_num(call.rec.builder, call.arg(index))


@builtin("math.abs")
def absolute(call: BuiltinCall) -> None:
    number = _number(call, 0)
    mask = call.rec.emit(Op.FLOAD, NUM, call.rec.cur.k_nil, GG_ABS)
    call.give(call.rec.emit(Op.ABS, NUM, number, mask))


@builtin("math.floor", FPM_FLOOR)
@builtin("math.ceil", FPM_CEIL)
def rounded(call: BuiltinCall) -> None:
    if not is_integer(call.arg(0)):
        call.give(call.rec.emit(Op.FPMATH, NUM, _number(call, 0), call.data))


@builtin("math.sqrt", FPM_SQRT)
def unary(call: BuiltinCall) -> None:
    call.give(call.rec.emit(Op.FPMATH, NUM, _number(call, 0), call.data))


@builtin("math.log")
def logarithm(call: BuiltinCall) -> None:
    rec, number = call.rec, _converted(call, 0)
    if rec.maxslot > 1:
        base = _converted(call, 1)
        number = rec.emit(Op.FPMATH, NUM, number, FPM_LOG2)
        base = rec.emit(Op.FPMATH, NUM, base, FPM_LOG2)
        base = rec.emit(Op.DIV, NUM, rec.builder.knum(1.0), base)
        call.give(rec.emit(Op.MUL, NUM, number, base))
    else:
        call.coerces = call.arg(0).type is STR
        call.give(rec.emit(Op.FPMATH, NUM, number, FPM_LOG))


@builtin("math.log10", CALL_NUMBERS["log10"])
@builtin("math.exp", CALL_NUMBERS["exp"])
@builtin("math.sin", CALL_NUMBERS["sin"])
@builtin("math.cos", CALL_NUMBERS["cos"])
@builtin("math.tan", CALL_NUMBERS["tan"])
@builtin("math.asin", CALL_NUMBERS["asin"])
@builtin("math.acos", CALL_NUMBERS["acos"])
@builtin("math.atan", CALL_NUMBERS["atan"])
@builtin("math.sinh", CALL_NUMBERS["sinh"])
@builtin("math.cosh", CALL_NUMBERS["cosh"])
@builtin("math.tanh", CALL_NUMBERS["tanh"])
def called(call: BuiltinCall) -> None:
    call.give(call.rec.emit(Op.CALLN, NUM, _number(call, 0), call.data))


@builtin("math.atan2")
def arc_tangent(call: BuiltinCall) -> None:
    y, x = _number(call, 0), _number(call, 1)
    call.give(call.rec.call(CALL_NUMBERS["atan2"], y, x))


@builtin("math.ldexp")
def scaled(call: BuiltinCall) -> None:
    number, exponent = _number(call, 0), _number(call, 1)
    call.give(call.rec.emit(Op.LDEXP, NUM, number, exponent))


@builtin("math.pow")
def power(call: BuiltinCall) -> None:
    rec, x, y = call.rec, call.arg(0), call.arg(1)
    values = rec.number(x, call.value(0)), rec.number(y, call.value(1))
    call.give(narrow.narrow_arith(rec.builder, Op.POW, x, y, *values))


def _parsed(call: BuiltinCall, index: int) -> Ins:
    """Strings become numbers; integers stay integers."""
    return call.arg(index) if is_integer(call.arg(index)) else _number(call, index)


@builtin("math.min", Op.MIN)
@builtin("math.max", Op.MAX)
def extreme(call: BuiltinCall) -> None:
    rec = call.rec
    result = _parsed(call, 0)
    for index in range(1, rec.maxslot):
        other = _parsed(call, index)
        type_ = INT
        if not (is_integer(result) and is_integer(other)):
            result = rec.to_num(result) if is_integer(result) else result
            other = rec.to_num(other) if is_integer(other) else other
            type_ = NUM
        result = rec.emit(OPS[call.data], type_, result, other)
    call.give(result)


@builtin("math.random")
def random(call: BuiltinCall) -> None:
    rec = call.rec
    b = rec.builder
    result = rec.call(PRNG, b.kptr(rec.view.g + _PRNG_OFFSET))
    one = b.knum(1.0)
    result = rec.emit(Op.SUB, NUM, result, one)
    if rec.maxslot > 0:
        low = _converted(call, 0)
        if rec.maxslot > 1:
            width = rec.emit(Op.SUB, NUM, _converted(call, 1), low)
            width = rec.emit(Op.ADD, NUM, width, one)
            start = low
        else:
            width, start = low, one
        result = rec.emit(Op.MUL, NUM, result, width)
        result = rec.emit(Op.FPMATH, NUM, result, FPM_FLOOR)
        result = rec.emit(Op.ADD, NUM, result, start)
    call.give(result)


# bit


def _bits(call: BuiltinCall, index: int) -> Ins:
    call.coerces |= call.arg(index).type is STR
    return narrow.narrow_tobit(call.rec.builder, call.arg(index))


@builtin("bit.tobit")
def tobit(call: BuiltinCall) -> None:
    call.give(narrow.narrow_tobit(call.rec.builder, call.arg(0)))


@builtin("bit.bnot", Op.BNOT)
@builtin("bit.bswap", Op.BSWAP)
def bit_unary(call: BuiltinCall) -> None:
    call.give(call.rec.emit(OPS[call.data], INT, _bits(call, 0)))


@builtin("bit.band", Op.BAND)
@builtin("bit.bor", Op.BOR)
@builtin("bit.bxor", Op.BXOR)
def bit_nary(call: BuiltinCall) -> None:
    rec = call.rec
    result = _bits(call, 0)
    for index in range(1, rec.maxslot):
        result = rec.emit(OPS[call.data], INT, result, _bits(call, index))
    call.give(result)


@builtin("bit.lshift", Op.BSHL)
@builtin("bit.rshift", Op.BSHR)
@builtin("bit.arshift", Op.BSAR)
@builtin("bit.rol", Op.BROL)
@builtin("bit.ror", Op.BROR)
def bit_shift(call: BuiltinCall) -> None:
    rec = call.rec
    value, count = _bits(call, 0), _bits(call, 1)
    call.give(rec.emit(OPS[call.data], INT, value, count))
