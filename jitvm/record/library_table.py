"""Recording of `table`: appending is a store behind the length; what else there is, the interpreter does."""

from __future__ import annotations

from ir.ops import Op
from jitvm.record.index import Index, record_index
from jitvm.record.library import BuiltinCall, builtin, not_compiled
from jitvm.record.recorder import INT, TAB
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
