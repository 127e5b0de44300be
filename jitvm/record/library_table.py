"""Recording of `table`.

    table.insert(t, x)       a store behind the length
    table.concat(t, ", ")    0018    p64 BUFHDR [0x7f..]  RESET
                             0023 >  p64 CALLL  lj_buf_puttab  (0018 0015 ", " +1   0016)
                             0024 >  p64 NE     0023  NULL
                             0025 >  str BUFSTR 0023  0018

What else there is, the interpreter does.
"""

from __future__ import annotations

from ir.calls import CALL_NUMBERS
from ir.ops import Op
from ir.passes import narrow
from jitvm.record.arith import buffer_header, to_string
from jitvm.record.index import Index, record_index
from jitvm.record.library import BuiltinCall, builtin, not_compiled
from jitvm.record.recorder import INT, P64, STR, TAB
from jitvm.record.view import NIL, View, bits_of, pointer_of


def _is_nil(view: View, table: int, index: int) -> bool:
    return view.read.u64(view.table_get(table, bits_of(float(index)))) == NIL


def length_of(view: View, table: int) -> int:
    """What `#` gives: the border that a search finds first in the array part, then beyond."""
    high = max(view.asize(table) - 1, 0)
    if high > 0 and _is_nil(view, table, high):
        low = 0
    else:
        low, high = high, high + 1
        while not _is_nil(view, table, high):
            low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _is_nil(view, table, middle):
            high = middle
        else:
            low = middle
    return low


@builtin("table.insert")
def insert(call: BuiltinCall) -> None:
    rec = call.rec
    if call.arg(0).type is not TAB or rec.maxslot != 2:
        not_compiled(call)
        return
    call.results = 0
    tab, table = call.arg(0), call.value(0)
    length = rec.emit(Op.ALEN, INT, tab, rec.cur.k_nil)
    key = rec.emit(Op.ADD, INT, length, rec.builder.kint(1))
    at = bits_of(float(length_of(rec.view, pointer_of(table)) + 1))
    record_index(rec, Index(tab, table, key, at, call.arg(1), call.value(1), chain=0))


@builtin("table.concat")
def concat(call: BuiltinCall) -> None:
    """An element that is no text makes the call fail; what is wrong, the interpreter says."""
    rec, b, tab = call.rec, call.rec.builder, call.arg(0)
    if tab.type is not TAB:
        return
    separator, first, last = call.optional(1), call.optional(2), call.optional(3)
    between = b.knull(STR) if separator is None else to_string(rec, separator)
    start = b.kint(1) if first is None else narrow.narrow_toint(b, first)
    end = rec.emit(Op.ALEN, INT, tab, rec.cur.k_nil) if last is None else narrow.narrow_toint(b, last)
    header = buffer_header(rec)
    text = rec.call(CALL_NUMBERS["lj_buf_puttab"], header, tab, between, start, end)
    rec.guard(Op.NE, P64, text, b.kptr(0))
    call.give(rec.guard(Op.BUFSTR, STR, text, header))


@builtin("table.new")
def new(call: BuiltinCall) -> None:
    b = call.rec.builder
    sizes = narrow.narrow_toint(b, call.arg(0)), narrow.narrow_toint(b, call.arg(1))
    call.give(call.rec.call(CALL_NUMBERS["lj_tab_new_ah"], *sizes))


@builtin("table.clear")
def clear(call: BuiltinCall) -> None:
    if call.arg(0).type is TAB:
        call.results = 0
        call.rec.call(CALL_NUMBERS["lj_tab_clear"], call.arg(0))
        call.rec.builder.need_snapshot = True
