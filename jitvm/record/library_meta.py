"""Recording of the library functions about metatables.

    setmetatable({}, mt)      FLOAD tab.meta; EQ NULL; FREF tab.meta; FSTORE mt; TBAR
"""

from __future__ import annotations

from ir.fields import FL_TAB_META
from ir.ops import Op
from ir.types import IRType
from jitvm.front.bytecode import Meta
from jitvm.record.library import BuiltinCall, builtin
from jitvm.record.meta import Lookup
from jitvm.record.recorder import P64, TAB


@builtin("getmetatable")
def getmetatable(call: BuiltinCall) -> None:
    found = Lookup(call.rec, call.arg(0), call.value(0), Meta.METATABLE)
    call.give(found.function if found else found.metatable)


@builtin("setmetatable")
def setmetatable(call: BuiltinCall) -> None:
    """The interpreter raises an error for anything but tables, and where there is a __metatable."""
    rec, tab, new = call.rec, call.arg(0), call.rec.get(1)
    if tab.type is not TAB or new is None or new.type not in (TAB, IRType.NIL):
        return
    Lookup(rec, tab, call.value(0), Meta.METATABLE)
    place = rec.emit(Op.FREF, P64, tab, FL_TAB_META)
    rec.emit(Op.FSTORE, TAB, place, new if new.type is TAB else rec.builder.knull(TAB))
    if new.type is TAB:
        rec.emit(Op.TBAR, TAB, tab)
    rec.builder.need_snapshot = True
