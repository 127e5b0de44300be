"""Recording of the library functions about metatables and environments.

    setmetatable({}, mt)      FLOAD tab.meta; EQ NULL; FREF tab.meta; FSTORE mt; TBAR
"""

from __future__ import annotations

from ir.fields import FL_TAB_META, FL_THREAD_ENV
from ir.ops import Op
from ir.types import IRType
from jitvm.front.bytecode import Meta
from jitvm.record.library import BuiltinCall, builtin, not_compiled
from jitvm.record.meta import OWN, Lookup
from jitvm.record.recorder import P64, TAB
from jitvm.record.view import irt_of


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


@builtin("debug.getmetatable")
def raw_getmetatable(call: BuiltinCall) -> None:
    """Specialised to whether there is one; basic types have theirs as constants."""
    rec, b, tr = call.rec, call.rec.builder, call.arg(0)
    if tr.type not in OWN:
        number = rec.view.base_metatable_number(irt_of(call.value(0)))
        table = rec.view.base_metatable(number)
        call.give(b.kgc(table, TAB) if table else rec.cur.k_nil)
        return
    metatable = rec.emit(Op.FLOAD, TAB, tr, OWN[tr.type])
    exists = rec.view.metatable(call.pointer(0)) != 0
    rec.guard(Op.NE if exists else Op.EQ, TAB, metatable, b.knull(TAB))
    call.give(metatable if exists else rec.cur.k_nil)


@builtin("getfenv")
def getfenv(call: BuiltinCall) -> None:
    """The thread's; nothing is known of the functions that call."""
    rec, level = call.rec, call.optional(0)
    if level is None or level.op is not Op.KINT or level.value != 0:
        not_compiled(call)
        return
    thread = rec.emit(Op.LREF, IRType.THREAD)
    call.give(rec.emit(Op.FLOAD, TAB, thread, FL_THREAD_ENV))
