"""Recording of `string`."""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.calls import CALL_NUMBERS
from ir.fields import FL_STR_LEN
from ir.ops import XLOAD_READONLY, Op
from ir.passes import narrow
from ir.types import IRType
from ir.values import Ins
from jitvm.record.arith import TOSTR_CHAR, buffer_header, to_string
from jitvm.record.library import BuiltinCall, builtin, not_compiled
from jitvm.record.recorder import INT, MAX_SLOTS, P64, STR, Recorder
from jitvm.record.view import is_truthy

SUB, BYTE = 1, 0


def _length(rec: Recorder, string: Ins) -> Ins:
    return rec.emit(Op.FLOAD, INT, string, FL_STR_LEN)


def _start(rec: Recorder, size: int, start: int, tr: Ins, length: Ins) -> tuple[int, Ins]:
    """Specialise to the sign of a start position; position from 0 on."""
    b = rec.builder
    zero = b.kint(0)
    if start < 0:
        b.guard(Op.LT, INT, tr, zero)
        tr = b.emit(Op.ADD, INT, length, tr)
        start += size
        b.guard(Op.LT if start < 0 else Op.GE, INT, tr, zero)
        return (0, zero) if start < 0 else (start, tr)
    if start == 0:
        b.guard(Op.EQ, INT, tr, zero)
        return 0, zero
    tr = b.emit(Op.ADD, INT, tr, b.kint(-1))
    b.guard(Op.GE, INT, tr, zero)
    return start - 1, tr


def _end(rec: Recorder, size: int, end: int, tr: Ins, length: Ins) -> tuple[int, Ins]:
    """Specialise to whether an end position is negative or behind the string."""
    b = rec.builder
    if end < 0:
        b.guard(Op.LT, INT, tr, b.kint(0))
        tr = b.emit(Op.ADD, INT, b.emit(Op.ADD, INT, length, tr), b.kint(1))
        return end + size + 1, tr
    if end <= size:
        b.guard(Op.ULE, INT, tr, length)
        return end, tr
    b.guard(Op.UGT, INT, tr, length)
    return size, length


@builtin("string.sub", SUB)
@builtin("string.byte", BYTE)
def range_(call: BuiltinCall) -> None:
    rec = call.rec
    b = rec.builder
    string = to_string(rec, call.arg(0))
    length = _length(rec, string)
    size = len(call.string(0))
    if call.data == BYTE and call.optional(1) is None:
        start, first = 1, b.kint(1)
    else:
        start, first = call.integer(1), narrow.narrow_toint(b, call.arg(1))
    last_arg = call.optional(2)
    if last_arg is not None:
        end, last = call.integer(2), narrow.narrow_toint(b, last_arg)
    elif call.data == SUB:
        end, last = -1, b.kint(-1)
        call.coerces = rec.maxslot > 2
    else:
        end, last = start, first
    end, last = _end(rec, size, end, last, length)
    start, first = _start(rec, size, start, first, length)
    if call.data == SUB:
        _substring(call, string, first, last, start, end)
    else:
        _bytes(call, string, first, last, end - start)


def _substring(call: BuiltinCall, string: Ins, first: Ins, last: Ins, start: int, end: int) -> None:
    rec = call.rec
    if end >= start:
        size = rec.emit(Op.SUB, INT, last, first)
        rec.guard(Op.GE, INT, size, rec.builder.kint(0))
        data = rec.emit(Op.STRREF, P64, string, first)
        call.give(rec.emit(Op.SNEW, STR, data, size))
    else:
        rec.guard(Op.LT, INT, last, first)
        call.give(rec.builder.kgc(rec.view.empty_string(), STR))


#: What makes a string a pattern for string.find.
SPECIALS = frozenset(b"^$*+?.([%-")
STR_FIND = CALL_NUMBERS["lj_str_find"]


@builtin("string.find")
def find(call: BuiltinCall) -> None:
    """A search for plain text; a pattern that is plain is one, and then the trace is specialised to it."""
    rec = call.rec
    b = rec.builder
    string, text = to_string(rec, call.arg(0)), to_string(rec, call.arg(1))
    subject, wanted = call.string(0), call.string(1)
    length = _length(rec, string)
    b.need_snapshot = True
    start, first = 1, b.kint(1)
    if call.optional(2) is not None:
        start, first = call.integer(2), narrow.narrow_toint(b, call.arg(2))
    start, first = _start(rec, len(subject), start, first, length)
    if start <= len(subject):
        rec.guard(Op.ULE, INT, first, length)
    else:
        rec.guard(Op.UGT, INT, first, length)
        start, first = len(subject), length
    plain = call.optional(3)
    if plain is None or not is_truthy(call.value(3)):
        rec.guard(Op.EQ, STR, text, b.kstr(wanted))
        if not SPECIALS.isdisjoint(wanted):
            not_compiled(call)
            return
    data = rec.emit(Op.STRREF, P64, string, first)
    start_of_text = rec.emit(Op.STRREF, P64, text, b.kint(0))
    size = rec.emit(Op.SUB, INT, length, first)
    text_size = _length(rec, text)
    place = rec.call(STR_FIND, data, start_of_text, size, text_size)
    if subject.find(wanted, start) < 0:
        rec.guard(Op.EQ, P64, place, b.kkptr(0))
        call.give(b.kpri(IRType.NIL))
        return
    rec.guard(Op.NE, P64, place, b.kkptr(0))
    offset = rec.emit(Op.ADD, INT, rec.emit(Op.SUB, INT, place, data), first)
    call.results = 2
    call.give(rec.emit(Op.ADD, INT, offset, b.kint(1)), 0)
    call.give(rec.emit(Op.ADD, INT, offset, text_size), 1)


def _bytes(call: BuiltinCall, string: Ins, first: Ins, last: Ins, count: int) -> None:
    rec = call.rec
    b = rec.builder
    if count <= 0:
        rec.guard(Op.LE, INT, last, first)
        call.results = 0
        return
    size = rec.emit(Op.SUB, INT, last, first)
    rec.guard(Op.EQ, INT, size, b.kint(count))
    if rec.baseslot + count > MAX_SLOTS:
        raise Abort(TraceError.STACKOV)
    call.results = count
    for index in range(count):
        place = rec.emit(Op.ADD, INT, first, b.kint(index))
        place = rec.emit(Op.STRREF, P64, string, place)
        call.give(rec.emit(Op.XLOAD, IRType.U8, place, XLOAD_READONLY), index)


@builtin("string.char")
def char(call: BuiltinCall) -> None:
    rec = call.rec
    b = rec.builder
    limit = b.kint(255)
    count = rec.maxslot
    for index in range(count):
        tr = narrow.narrow_toint(b, call.arg(index))
        rec.guard(Op.ULE, INT, tr, limit)
        call.give(rec.emit(Op.TOSTR, STR, tr, TOSTR_CHAR), index)
    if count > 1:
        header = tr = buffer_header(rec)
        for index in range(count):
            tr = rec.guard(Op.BUFPUT, P64, tr, call.arg(index))
        call.give(rec.guard(Op.BUFSTR, STR, tr, header))
    elif count == 0:
        call.give(b.kgc(rec.view.empty_string(), STR))


@builtin("string.rep")
def repeat(call: BuiltinCall) -> None:
    rec = call.rec
    b = rec.builder
    string, count = to_string(rec, call.arg(0)), narrow.narrow_toint(b, call.arg(1))
    separator, second = call.optional(2), None
    if separator is not None:
        separator = to_string(rec, separator)
        times = call.integer(1)
        rec.guard(Op.GT if times > 1 else Op.LE, INT, count, b.kint(1))
        if times > 1:
            header = buffer_header(rec)
            tr = rec.guard(Op.BUFPUT, P64, header, separator)
            tr = rec.guard(Op.BUFPUT, P64, tr, string)
            second = rec.guard(Op.BUFSTR, STR, tr, header)
    header = tr = buffer_header(rec)
    if second is not None:
        tr = rec.guard(Op.BUFPUT, P64, tr, string)
        string = second
        count = rec.emit(Op.ADD, INT, count, b.kint(-1))
    tr = rec.call(CALL_NUMBERS["lj_buf_putstr_rep"], tr, string, count)
    call.give(rec.guard(Op.BUFSTR, STR, tr, header))


@builtin("string.reverse", CALL_NUMBERS["lj_buf_putstr_reverse"])
@builtin("string.lower", CALL_NUMBERS["lj_buf_putstr_lower"])
@builtin("string.upper", CALL_NUMBERS["lj_buf_putstr_upper"])
def converted(call: BuiltinCall) -> None:
    rec = call.rec
    string = to_string(rec, call.arg(0))
    call.coerces = call.arg(0).type is not STR
    header = buffer_header(rec)
    tr = rec.call(call.data, header, string)
    call.give(rec.guard(Op.BUFSTR, STR, tr, header))
