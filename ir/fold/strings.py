"""Strings: substrings, comparisons, and buffers.

A concatenation is a chain of buffer operations, each taking the one before it:

    0001 p64 BUFHDR [buffer] RESET
    0002 p64 BUFPUT 0001 s
    0003 p64 BUFPUT 0002 "x"
    0004 str BUFSTR 0003 0001

Such operations store, but only to the buffer, and a use of one implies all before it; so an unused chain may
go.  They are appended as they come, and whole chains are merged when the BUFSTR arrives.  Since there is one
buffer, `s = s .. "x"` in a loop can go on where the last BUFSTR ended: its BUFHDR becomes an APPEND.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.abort import Abort, TraceError
from ir.calls import CALL_NUMBERS
from ir.fold.engine import DROPPED, fold
from ir.fold.memory import load_constant
from ir.heap import string_bytes, string_data
from ir.layout import ACCESS
from ir.ops import XLOAD_READONLY, XLOAD_UNALIGNED, Op
from ir.passes.flags import OptFlag
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder

BUFHDR_RESET, BUFHDR_APPEND, BUFHDR_WRITE = range(3)
_REVERSE, _LOWER = CALL_NUMBERS["lj_buf_putstr_reverse"], CALL_NUMBERS["lj_buf_putstr_lower"]
_UPPER, _REP = CALL_NUMBERS["lj_buf_putstr_upper"], CALL_NUMBERS["lj_buf_putstr_rep"]
_PUTTAB = CALL_NUMBERS["lj_buf_puttab"]
_FOLD, _CSE, _FWD = int(OptFlag.FOLD), int(OptFlag.CSE), int(OptFlag.FWD)


# Substrings.


@fold("SNEW KKPTR KINT")
def kfold_snew_kptr(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """Substring of a constant"""
    if b.heap is None:
        return None
    return b.kstr(ACCESS.memory.read(left.args[0], right.args[0]))


@fold("SNEW any KINT", "XSNEW any KINT")
def kfold_snew_empty(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """Empty substring"""
    return b.kstr(b"") if right.args[0] == 0 and b.heap is not None else None


@fold("STRREF KGC KINT")
def kfold_strref(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Pointer into a constant string"""
    return b.kkptr(string_data(left.args[0]) + right.args[0])


@fold("STRREF SNEW any")
def kfold_strref_snew(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """strref(snew(p, n), 0) => p;  strref(snew(strref(s, i), n), j) => strref(s, i + j)"""
    if left.phi:
        return None
    pointer: Ins = left.args[0]
    if right.op is Op.KINT and right.args[0] == 0:
        return pointer
    if pointer.op is not Op.STRREF or pointer.phi:
        return None
    string, offset = pointer.args
    return b.emit(Op.STRREF, IRType.P64, string, b.emit(Op.ADD, IRType.INT, offset, right))


@fold("CALLN CARG lj_str_cmp")
def kfold_strcmp(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Order of constants"""
    one, other = left.args
    if one.op is not Op.KGC or other.op is not Op.KGC:
        return None
    a, c = string_bytes(one.args[0]), string_bytes(other.args[0])
    return b.kint((a > c) - (a < c))


@fold("EQ SNEW KGC", "NE SNEW KGC")
def merge_eqne_snew_kgc(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """s:sub(i, j) == "abc"  =>  comparison of the length and of up to 4 bytes, without a string"""
    data = string_bytes(right.args[0])
    size = len(data)
    pointer, length = left.args
    if left.phi or size > 4 or pointer.op is not Op.STRREF:
        return None
    if ins.op is Op.EQ:
        b.emit(Op.EQ, IRType.INT, length, b.kint(size), guard=True)
    elif not length.is_const:  # Would need "length or bytes differ".
        return None
    elif length.args[0] != size:
        return DROPPED
    if size == 0:
        if ins.op is Op.NE:  # The length is 0, so the strings are equal.
            raise Abort(TraceError.GFAIL)
        return DROPPED
    type_ = {1: IRType.I8, 2: IRType.U16}.get(size, IRType.INT)
    mode = XLOAD_READONLY | (XLOAD_UNALIGNED if size > 1 else 0)
    seen = b.emit(Op.XLOAD, type_, pointer, mode)
    wanted = load_constant(b, type_, string_data(right.args[0]))  # A final NUL makes 4 bytes readable.
    if size == 3:
        seen = b.emit(Op.BAND, IRType.INT, seen, b.kint(0xFFFFFF))
    return b.emit(ins.op, IRType.INT, seen, wanted, guard=True)


# Buffers.


def _header_before(b: TraceBuilder, header: Ins) -> Ins | None:
    """The BUFHDR before this one."""
    headers = b.chain[Op.BUFHDR]
    position = headers.index(header) if headers[-1] is not header else len(headers) - 1
    return headers[position - 1] if position else None


@fold("BUFHDR any any")
def bufhdr_merge(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Each chain has its own header"""
    return b.cse(ins) if right == BUFHDR_WRITE else b.append(ins)


@fold("BUFPUT any BUFSTR")
def bufput_bufstr(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """First put of the string just built: go on in the buffer that holds it; or redo a single operation"""
    if not b.flags & _FWD:
        return b.append(ins)
    header: Ins = right.args[1]
    if left.op is Op.BUFHDR and left.args[1] == BUFHDR_RESET and _header_before(b, left) is header:
        again = right.phi and _header_before(b, header) is not None
        if left.args[0] is header.args[0] and not again and b.head(Op.CALLA) < header.ref:
            return b.patch(left, right.args[0], BUFHDR_APPEND)
    if header.args[1] == BUFHDR_RESET and not right.phi:
        replayed = _replay(b, ins.args[0], right.args[0], header)
        if replayed is not None:
            return replayed
    return b.append(ins)


def _replay(b: TraceBuilder, buffer: Ins, operation: Ins, header: Ins) -> Ins | None:
    """reverse, lower, upper or rep of a string, done straight to another buffer."""
    if operation.op is not Op.CALLL or not _REVERSE <= operation.args[1] <= _REP:
        return None
    arguments: Ins = operation.args[0]
    if operation.args[1] == _REP:
        inner: Ins = arguments.args[0]
        if inner.args[0] is header:
            return b.call(_REP, buffer, inner.args[1], arguments.args[1])
    elif arguments.args[0] is header:
        return b.call(operation.args[1], buffer, arguments.args[1])
    return None


@fold("BUFPUT any any")
def bufput_kgc(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """put of "" => nothing;  put of constants in a row => put of their concatenation"""
    if not b.flags & _FOLD or right.op is not Op.KGC:
        return b.append(ins)
    data = string_bytes(right.args[0])
    if not data:
        return left
    if left.op is Op.BUFPUT and left.args[1].op is Op.KGC and not left.phi and b.heap is not None:
        joined = b.kstr(string_bytes(left.args[1].args[0]) + data)
        return b.patch(left, left.args[0], joined)
    return b.append(ins)


@fold("BUFSTR any any")
def bufstr_kfold_cse(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Nothing put => "";  one put => that string;  an equal chain => its string"""
    assert left.op in (Op.BUFHDR, Op.BUFPUT, Op.CALLL), left
    if b.flags & _FOLD:
        if left.op is Op.BUFHDR:
            if left.args[1] == BUFHDR_RESET and b.heap is not None:
                return b.kstr(b"")
            ins.args = (left.args[0], _header_before(b, left))
            return b.cse(ins)
        if left.op is Op.BUFPUT:
            first: Ins = left.args[0]
            if first.op is Op.BUFHDR and first.args[1] == BUFHDR_RESET:
                return left.args[1]  # type: ignore[no-any-return]
    if b.flags & _CSE:
        for known in reversed(b.chain[Op.BUFSTR]):
            if _same_chain(left, known.args[0]):
                return known
    return b.append(ins)


def _same_chain(left: Ins, right: Ins) -> bool:
    """Do two chains put the same into the buffer, back to where it was empty?"""
    while left.op is right.op and left.args[1] == right.args[1]:
        if left.op is Op.BUFHDR and left.args[1] == BUFHDR_RESET:
            return True
        if left.op is Op.CALLL and left.args[1] == _PUTTAB:
            return False
        left, right = left.args[0], right.args[0]
    return False


@fold("CALLL CARG lj_buf_putstr_reverse", "CALLL CARG lj_buf_putstr_upper", "CALLL CARG lj_buf_putstr_lower")
def bufput_kfold_op(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """reverse, upper, lower of a constant"""
    buffer, string = left.args
    if string.op is not Op.KGC or b.heap is None:
        return b.append(ins)
    data = string_bytes(string.args[0])
    if right == _REVERSE:
        data = data[::-1]
    else:
        data = data.upper() if right == _UPPER else data.lower()
    return b.emit(Op.BUFPUT, ins.type, buffer, b.kstr(data), guard=ins.guard)


@fold("CALLL CARG lj_buf_putstr_rep")
def bufput_kfold_rep(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """rep of a constant"""
    inner, count = left.args
    buffer, string = inner.args
    if string.op is not Op.KGC or count.op is not Op.KINT or b.heap is None:
        return b.append(ins)
    data = string_bytes(string.args[0]) * max(0, count.args[0])
    return b.emit(Op.BUFPUT, ins.type, buffer, b.kstr(data), guard=ins.guard)


@fold(
    "CALLL CARG lj_strfmt_putquoted",
    "CALLL CARG lj_strfmt_putfxint",
    "CALLL CARG lj_strfmt_putfnum_int",
    "CALLL CARG lj_strfmt_putfnum_uint",
    "CALLL CARG lj_strfmt_putfnum",
    "CALLL CARG lj_strfmt_putfstr",
    "CALLL CARG lj_strfmt_putfchar",
)
def bufput_kfold_fmt(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """A constant formatted by string.format"""
    rest, value = left.args
    if not value.is_const or b.heap is None:
        return b.append(ins)
    buffer, spec = (rest, 0) if right == _PUTQUOTED else (rest.args[0], rest.args[1].args[0])
    data = b.heap.format_item(right, spec, value)
    if data is None:
        return b.append(ins)
    return b.emit(Op.BUFPUT, ins.type, buffer, b.kstr(data), guard=ins.guard)


_PUTQUOTED = CALL_NUMBERS["lj_strfmt_putquoted"]
