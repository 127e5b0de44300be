"""Recording of `io`: writing becomes a call of the C library for each argument.

    io.write(i % 10)            0019    str TOSTR  0014  INT
                                0020    p64 STRREF 0019  +0
                                0021    int FLOAD  0019  str.len
                                0025    int CALLS  fwrite      (0020 +1   0021 0017)

That it succeeded is only guarded where somebody asks for the result.
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.calls import CALL_NUMBERS
from ir.fields import FL_STR_LEN, FL_UDATA_FILE, FL_UDATA_UDTYPE, GG_OUTPUT
from ir.objects import UDTYPE_IO_FILE, Frame
from ir.ops import XLOAD_READONLY, Op
from ir.types import IRType
from ir.values import Ins
from jitvm.record.arith import TOSTR_CHAR, to_string
from jitvm.record.library import BuiltinCall, builtin
from jitvm.record.recorder import INT, P64, Recorder

U8, UDATA = IRType.U8, IRType.UDATA
FPUTC, FWRITE, FFLUSH = (CALL_NUMBERS[name] for name in ("fputc", "fwrite", "fflush"))
#: Datum of the functions of `io`; methods of files have 0.
DEFAULT_OUTPUT = 1


def _stream(call: BuiltinCall) -> Ins:
    """The open stream of the file that is written to."""
    rec, b = call.rec, call.rec.builder
    if call.data == DEFAULT_OUTPUT:
        file = rec.emit(Op.FLOAD, UDATA, rec.cur.k_nil, GG_OUTPUT)
    else:
        file = call.arg(0)
        if file.type is not UDATA:
            raise Abort(TraceError.BADTYPE)
        kind = rec.emit(Op.FLOAD, U8, file, FL_UDATA_UDTYPE)
        rec.guard(Op.EQ, INT, kind, b.kint(UDTYPE_IO_FILE))
    stream = rec.emit(Op.FLOAD, P64, file, FL_UDATA_FILE)
    rec.guard(Op.NE, P64, stream, b.knull(P64))
    return stream


def _result_wanted(rec: Recorder) -> bool:
    """Whether the caller looks at what the function returns."""
    link = rec.view.link(rec.view.base - 8)
    return link & 3 != Frame.LUA or rec.view.ins(link - 4) >> 24 != 1


@builtin("io.write", DEFAULT_OUTPUT)
@builtin("io.method.write")
def write(call: BuiltinCall) -> None:
    rec, b = call.rec, call.rec.builder
    stream, wanted = _stream(call), _result_wanted(call.rec)
    for index in range(0 if call.data == DEFAULT_OUTPUT else 1, rec.maxslot):
        string = to_string(rec, call.arg(index))
        data = rec.emit(Op.STRREF, P64, string, b.kint(0))
        length = rec.emit(Op.FLOAD, INT, string, FL_STR_LEN)
        if length.is_const and length.value == 1:
            done = rec.call(FPUTC, _byte(rec, string, data), stream)
            failed = b.kint(-1)
            if wanted:
                rec.guard(Op.NE, INT, done, failed)
        else:
            done = rec.call(FWRITE, data, b.kint(1), length, stream)
            if wanted:
                rec.guard(Op.EQ, INT, done, length)
    call.give(b.kpri(IRType.TRUE))


def _byte(rec: Recorder, string: Ins, data: Ins) -> Ins:
    """The only byte of a string."""
    if string.op is Op.TOSTR and string.args[1] == TOSTR_CHAR:
        only: Ins = string.args[0]
        return only
    return rec.emit(Op.XLOAD, U8, data, XLOAD_READONLY)


@builtin("io.flush", DEFAULT_OUTPUT)
@builtin("io.method.flush")
def flush(call: BuiltinCall) -> None:
    rec = call.rec
    done = rec.call(FFLUSH, _stream(call))
    if _result_wanted(rec):
        rec.guard(Op.EQ, INT, done, rec.builder.kint(0))
    call.give(rec.builder.kpri(IRType.TRUE))
