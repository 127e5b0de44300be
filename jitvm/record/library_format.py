"""Recording of string.format and bit.tohex: the trace is specialised to the format string, or the width.

    ("%s: %5d"):format(name, i)     0020    p64 BUFHDR [0x7f..]  RESET
                                    0021 >  p64 BUFPUT 0020  0012
                                    0022 >  p64 BUFPUT 0021  ": "
                                    0025 >  p64 CALLL  lj_strfmt_putfxint  (0022 +327683 0001)
                                    0026 >  str BUFSTR 0025  0020
"""

from __future__ import annotations

from ir.fold.evaluate import num_to_bit
from ir.ops import CONV_DST_SHIFT, CONV_SEXT, Op
from ir.passes import narrow
from ir.types import IRType
from ir.values import Ins
from jitvm.lib import format_items as items
from jitvm.record.arith import TOSTR_CHAR, TOSTR_INT, buffer_header, to_string
from jitvm.record.library import BuiltinCall, builtin, not_compiled
from jitvm.record.recorder import INT, P64, STR, Recorder, is_integer

U64_FROM_INT = IRType.U64 << CONV_DST_SHIFT | IRType.INT | CONV_SEXT
U64_FROM_WORD = IRType.U64 << CONV_DST_SHIFT | IRType.INT
DIGITS = 8  # In a word.


@builtin("string.format")
def string_format(call: BuiltinCall) -> None:
    header = buffer_header(call.rec)
    buffer = record_format(call, header, 0)
    if buffer is not None:
        call.give(call.rec.guard(Op.BUFSTR, STR, buffer, header))


def record_format(call: BuiltinCall, buffer: Ins, argument: int) -> Ins | None:
    """Put what the argument, a format string, says; None if that is not compiled."""
    rec, b = call.rec, call.rec.builder
    template, data = to_string(rec, call.arg(argument)), call.string(argument)
    rec.guard(Op.EQ, STR, template, b.kstr(data))
    for item in items.parse(data):
        if item.code is None:
            buffer = rec.guard(Op.BUFPUT, P64, buffer, b.kstr(item.text))
            continue
        argument += 1
        put = _put(rec, buffer, item.code, call.arg(argument))
        if put is None:
            not_compiled(call)
            return None
        buffer = put
    return buffer


@builtin("bit.tohex")
def tohex(call: BuiltinCall) -> None:
    """%0nx of the word's last n digits; %0nX if n is negative."""
    rec, b = call.rec, call.rec.builder
    header, code, count = buffer_header(rec), items.UINT | items.HEX, DIGITS
    if rec.maxslot > 1:
        wanted = call.arg(1)
        count = num_to_bit(rec.number(wanted, call.value(1)))
        rec.guard(Op.EQ, INT, narrow.narrow_tobit(b, wanted), b.kint(count))
    if count < 0:
        count, code = -count, code | items.UPPER
    if count == 1 << 31:  # Which a word cannot hold.
        count = -count
    code |= (count + 1 & 0xFF) << items.PRECISION_SHIFT
    word = narrow.narrow_tobit(b, call.arg(0))
    if count < DIGITS:
        word = rec.emit(Op.BAND, INT, word, b.kint((1 << (4 * count & 31)) - 1))
    number = rec.emit(Op.CONV, IRType.U64, word, U64_FROM_WORD)
    text = rec.call(items.PUTFXINT, header, b.kint(code), number)
    call.give(rec.guard(Op.BUFSTR, STR, text, header))


def _put(rec: Recorder, buffer: Ins, code: int, tr: Ins) -> Ins | None:
    """Format one argument; None if that is not compiled."""
    spec = rec.builder.kint(code - (code >> 31 << 32))
    match code & items.KIND_MASK:
        case items.INT | items.UINT:
            return _put_integer(rec, buffer, code, spec, tr)
        case items.NUM:
            return rec.call(items.PUTFNUM, buffer, spec, narrow.to_num(rec.builder, tr))
        case items.STR:
            return _put_string(rec, buffer, code, spec, tr)
        case items.CHAR:
            tr = narrow.narrow_toint(rec.builder, tr)
            if code == items.CHAR:
                return rec.guard(Op.BUFPUT, P64, buffer, rec.emit(Op.TOSTR, STR, tr, TOSTR_CHAR))
            return rec.call(items.PUTFCHAR, buffer, spec, tr)
        case _:
            return None


def _put_integer(rec: Recorder, buffer: Ins, code: int, spec: Ins, tr: Ins) -> Ins:
    if not is_integer(tr):
        call = items.PUTFNUM_INT if code & items.KIND_MASK == items.INT else items.PUTFNUM_UINT
        return rec.call(call, buffer, spec, narrow.to_num(rec.builder, tr))
    if code == items.INT:
        return rec.guard(Op.BUFPUT, P64, buffer, rec.emit(Op.TOSTR, STR, tr, TOSTR_INT))
    return rec.call(items.PUTFXINT, buffer, spec, rec.emit(Op.CONV, IRType.U64, tr, U64_FROM_INT))


def _put_string(rec: Recorder, buffer: Ins, code: int, spec: Ins, tr: Ins) -> Ins | None:
    if tr.type is not STR:
        return None
    if code == items.STR:
        return rec.guard(Op.BUFPUT, P64, buffer, tr)
    if code & items.QUOTED:
        return rec.call(items.PUTQUOTED, buffer, tr)
    return rec.call(items.PUTFSTR, buffer, spec, tr)
