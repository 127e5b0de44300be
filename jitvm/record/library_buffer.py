"""Recording of `string.buffer`: its fields are loaded and stored, its contents grow by buffer operations.

    b:put(s, i)              0014    p64 ADD    0002  +48           behind the header of the userdata
                             0015    p64 BUFHDR 0014  WRITE
                             0016 >  p64 BUFPUT 0015  0013
                             0017    str TOSTR  0001  INT
                             0018 >  p64 BUFPUT 0016  0017
                             0019    nil USE    0018
    #b                       0020    p64 FLOAD  0002  sbuf.r
                             0021    p64 FLOAD  0002  sbuf.w
                             0022    i64 SUB    0021  0020
                             0023    int CONV   0022  int.i64 none

The operations between a BUFHDR WRITE and a USE are stores; loads of fields are forwarded up to them
(`forward_sbuf` in `ir/passes/alias.py`).
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.calls import CALL_NUMBERS
from ir.fields import (
    FL_SBUF_B,
    FL_SBUF_E,
    FL_SBUF_L,
    FL_SBUF_R,
    FL_SBUF_REF,
    FL_SBUF_W,
    FL_STR_LEN,
    FL_UDATA_UDTYPE,
)
from ir.objects import BUFFER_COW, UDTYPE_BUFFER, GCudata
from ir.ops import CONV_ANY, CONV_DST_SHIFT, Op
from ir.types import IRType
from ir.values import Ins
from jitvm.record.arith import TOSTR_INT, TOSTR_NUM
from jitvm.record.library import TMPREF_IN, BuiltinCall, builtin, not_compiled
from jitvm.record.library_format import record_format
from jitvm.record.recorder import INT, NUM, P64, STR, Recorder, is_integer, is_numeric

NIL, U8, I64, UDATA = IRType.NIL, IRType.U8, IRType.I64, IRType.UDATA
BUFHDR_WRITE = 2
TMPREF_OUT = 2
MAX_BUFFER = 0x7FFFFF00
INT_FROM_I64 = INT << CONV_DST_SHIFT | I64 | CONV_ANY
INT_FROM_NUM = INT << CONV_DST_SHIFT | NUM | CONV_ANY
SERIALIZE_PUT, SERIALIZE_GET, ENCODE, DECODE = (
    CALL_NUMBERS[f"lj_serialize_{name}"] for name in ("put", "get", "encode", "decode")
)


def _checked(call: BuiltinCall, index: int = 0) -> Ins:
    """An argument that is a buffer."""
    rec, buffer = call.rec, call.arg(index)
    if buffer.type is not UDATA or rec.view.udata_type(call.pointer(index)) != UDTYPE_BUFFER:
        raise Abort(TraceError.BADTYPE)
    kind = rec.emit(Op.FLOAD, U8, buffer, FL_UDATA_UDTYPE)
    rec.guard(Op.EQ, INT, kind, rec.builder.kint(UDTYPE_BUFFER))
    rec.builder.need_snapshot = True
    return buffer


def _field(rec: Recorder, buffer: Ins, number: int) -> Ins:
    return rec.emit(Op.FLOAD, P64, buffer, number)


def _store(rec: Recorder, buffer: Ins, number: int, value: Ins) -> None:
    rec.emit(Op.FSTORE, P64, rec.emit(Op.FREF, P64, buffer, number), value)


def _length(rec: Recorder, start: Ins, end: Ins) -> Ins:
    return rec.emit(Op.CONV, INT, rec.emit(Op.SUB, I64, end, start), INT_FROM_I64)


def _to_write(rec: Recorder, buffer: Ins) -> Ins:
    """Start of operations that append."""
    place = rec.emit(Op.ADD, P64, buffer, rec.builder.kint(GCudata.sizeof()))
    return rec.emit(Op.BUFHDR, P64, place, BUFHDR_WRITE)


def _use(rec: Recorder, chain: Ins) -> None:
    """Nobody looks at the end of the chain, which has to be done all the same."""
    rec.emit(Op.USE, NIL, chain)


def _size(call: BuiltinCall, index: int) -> Ins:
    """An argument that is a number of bytes."""
    rec, tr = call.rec, call.arg(index)
    if not is_numeric(tr):
        raise Abort(TraceError.BADTYPE)
    if not is_integer(tr):
        tr = rec.emit(Op.CONV, INT, tr, INT_FROM_NUM)
    rec.guard(Op.ULE, INT, tr, rec.builder.kint(MAX_BUFFER))
    return tr


@builtin("buffer.method.reset")
def reset(call: BuiltinCall) -> None:
    """Specialised to whether the contents are those of a string."""
    rec, b, buffer = call.rec, call.rec.builder, _checked(call)
    borrowed = rec.view.buffer_flags(call.pointer(0)) & BUFFER_COW != 0
    flags, zero = _field(rec, buffer, FL_SBUF_L), b.kint(0)
    flag = rec.emit(Op.BAND, I64, flags, b.kint(BUFFER_COW))
    rec.guard(Op.NE if borrowed else Op.EQ, I64, flag, zero)
    if not borrowed:
        start = _field(rec, buffer, FL_SBUF_B)
        _store(rec, buffer, FL_SBUF_W, start)
        _store(rec, buffer, FL_SBUF_R, start)
        return
    flags = rec.emit(Op.BXOR, I64, flags, b.kint64(BUFFER_COW))
    for number in (FL_SBUF_W, FL_SBUF_E, FL_SBUF_B):
        _store(rec, buffer, number, zero)
    _store(rec, buffer, FL_SBUF_L, flags)
    _store(rec, buffer, FL_SBUF_REF, zero)
    _store(rec, buffer, FL_SBUF_R, zero)


@builtin("buffer.method.skip")
def skip(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    start, end = _field(rec, buffer, FL_SBUF_R), _field(rec, buffer, FL_SBUF_W)
    length = _length(rec, start, end)
    count = rec.emit(Op.MIN, INT, length, _size(call, 1))
    _store(rec, buffer, FL_SBUF_R, rec.emit(Op.ADD, P64, start, count))


@builtin("buffer.method.set")
def set_(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    chain, string = _to_write(rec, buffer), call.arg(1)
    if string.type is STR:
        data = rec.emit(Op.STRREF, P64, string, rec.builder.kint(0))
        length = rec.emit(Op.FLOAD, INT, string, FL_STR_LEN)
        rec.call(CALL_NUMBERS["lj_bufx_set"], chain, data, length, string)


@builtin("buffer.method.put")
def put(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    for index in range(1, rec.maxslot):
        tr = call.arg(index)
        if tr.type is not STR and tr.type is not UDATA and not is_numeric(tr):
            # A __tostring, or an error.  LuaJIT puts what comes before it, and stitches: that comes twice.
            not_compiled(call)
            return
    chain = _to_write(rec, buffer)
    for index in range(1, rec.maxslot):
        if call.arg(index).type is UDATA:
            rec.guard(Op.NE, P64, buffer, _checked(call, index))
    for index in range(1, rec.maxslot):
        tr = call.arg(index)
        if tr.type is STR:
            chain = rec.guard(Op.BUFPUT, P64, chain, tr)
        elif is_numeric(tr):
            text = rec.emit(Op.TOSTR, STR, tr, TOSTR_NUM if tr.type is NUM else TOSTR_INT)
            chain = rec.guard(Op.BUFPUT, P64, chain, text)
        else:
            start, end = _field(rec, tr, FL_SBUF_R), _field(rec, tr, FL_SBUF_W)
            chain = rec.call(CALL_NUMBERS["lj_buf_putmem"], chain, start, _length(rec, start, end))
    if rec.maxslot > 1:
        _use(rec, chain)


@builtin("buffer.method.putf")
def putf(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    chain = record_format(call, _to_write(rec, buffer), 1)
    if chain is not None:
        _use(rec, chain)


@builtin("buffer.method.get")
def get(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    start, end = _field(rec, buffer, FL_SBUF_R), _field(rec, buffer, FL_SBUF_W)
    indices = range(1, max(rec.maxslot, 2))
    sizes = [None if call.optional(index) is None else _size(call, index) for index in indices]
    for index, size in enumerate(sizes):
        length, behind = _length(rec, start, end), end
        if size is not None:
            length = rec.emit(Op.MIN, INT, length, size)
            behind = rec.emit(Op.ADD, P64, start, length)
        call.give(rec.emit(Op.XSNEW, STR, start, length), index)
        start = behind
        _store(rec, buffer, FL_SBUF_R, start)
    call.results = len(sizes)


@builtin("buffer.method.__tostring")
def tostring(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    start, end = _field(rec, buffer, FL_SBUF_R), _field(rec, buffer, FL_SBUF_W)
    call.give(rec.emit(Op.XSNEW, STR, start, _length(rec, start, end)))


@builtin("buffer.method.__len")
def length(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    start, end = _field(rec, buffer, FL_SBUF_R), _field(rec, buffer, FL_SBUF_W)
    call.give(_length(rec, start, end))


# Serialising.

#: Tags of the format (`lib/buffer_py.py`) from the first on, and from which on they are strings.
DECODED = (NIL, IRType.FALSE, IRType.TRUE, *[IRType.LIGHTUD] * 3, NUM, NUM, *[IRType.TAB] * 7, STR)
STRINGS_FROM = 0x20


def _type_of(data: bytes) -> IRType:
    """The type of the value that is encoded first."""
    tag = data[0] if data else 0
    if tag >= STRINGS_FROM:
        return STR
    return DECODED[tag] if tag < len(DECODED) else NIL


def _value_in(rec: Recorder, data: Ins) -> Ins:
    """A value in memory for a call that takes it there."""
    return rec.emit(Op.TMPREF, P64, rec.to_num(data) if is_integer(data) else data, TMPREF_IN)


@builtin("buffer.method.encode")
def encode_into(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    chain = _to_write(rec, buffer)
    rec.call(SERIALIZE_PUT, chain, _value_in(rec, call.arg(1)))


@builtin("buffer.method.decode")
def decode_from(call: BuiltinCall) -> None:
    rec, buffer = call.rec, _checked(call)
    chain = _to_write(rec, buffer)
    place = rec.emit(Op.TMPREF, P64, rec.cur.k_nil, TMPREF_OUT)
    behind = rec.call(SERIALIZE_GET, chain, place)
    call.give(rec.primitive(rec.guard(Op.VLOAD, _type_of(rec.view.buffer_start(call.pointer(0))), place, 0)))
    _store(rec, buffer, FL_SBUF_R, behind)


@builtin("buffer.encode")
def encode(call: BuiltinCall) -> None:
    rec = call.rec
    text = rec.call(ENCODE, _value_in(rec, call.arg(0)))
    _use(rec, text)
    call.give(text)


@builtin("buffer.decode")
def decode(call: BuiltinCall) -> None:
    rec, string = call.rec, call.arg(0)
    if string.type is STR:
        place = rec.emit(Op.TMPREF, P64, rec.cur.k_nil, TMPREF_OUT)
        _use(rec, rec.call(DECODE, place, string))
        call.give(rec.primitive(rec.guard(Op.VLOAD, _type_of(call.string(0)), place, 0)))
