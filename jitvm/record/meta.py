"""Metamethods on trace: looked up with guards, and called through continuation frames.

    a + b      FLOAD a tab.meta; NE NULL; HREFK "__add"; HLOAD fun; EQ fun    then the function is inlined
               slots above the frame: | continuation | return address | function | link | a | b

The continuation's return address is a frame link to the recorder: snapshots read it off the stack, where the
interpreter has put it by then.  What happens when the metamethod returns is in `calls.py`.

Where no metamethod is found, the guards that say so stay, and the caller goes on or gives up (NOMM).
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.fields import FL_TAB_META, FL_UDATA_META, FL_UDATA_UDTYPE, GG_BASEMT
from ir.ops import Op
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import Meta
from jitvm.interp.headers import Header
from jitvm.record.recorder import CONT, FUNC, INT, STR, TAB, Recorder
from jitvm.record.view import boxed, irt_of, number_of, pointer_of

UDATA, NIL, U8 = IRType.UDATA, IRType.NIL, IRType.U8
#: Slots of a continuation.
CONT_SLOTS = 2
OWN = {TAB: FL_TAB_META, UDATA: FL_UDATA_META}


class Lookup:
    """The metamethod of a value for an event, if it has one: as IR and as the value at run time."""

    __slots__ = ("function", "functionv", "metatable", "metatablev")

    def __init__(self, rec: Recorder, tr: Ins, value: int, event: Meta) -> None:
        self.function, self.functionv = rec.cur.k_nil, 0
        self.metatable, self.metatablev = rec.cur.k_nil, 0
        if tr.type is UDATA and rec.view.udata_type(pointer_of(value)):
            self._immutable(rec, tr, value, event)
            return
        found = self._metatable(rec, tr, value)
        if found is not None:
            self._search(rec, found, event)

    def __bool__(self) -> bool:
        return self.function.type is not NIL

    def _immutable(self, rec: Recorder, tr: Ins, value: int, event: Meta) -> None:
        """Files and buffers: there is one metatable for all of a kind, and nothing in it ever changes."""
        view, b = rec.view, rec.builder
        kind = rec.emit(Op.FLOAD, U8, tr, FL_UDATA_UDTYPE)
        rec.guard(Op.EQ, INT, kind, b.kint(view.udata_type(pointer_of(value))))
        self.metatablev = view.metatable(pointer_of(value))
        self.metatable = b.kgc(self.metatablev, TAB)
        found = view.value_at(view.table_get(self.metatablev, boxed(STR, view.metamethod_name(event))))
        if irt_of(found) is NIL:
            return
        if irt_of(found) not in (FUNC, TAB):
            raise Abort(TraceError.BADTYPE)
        self.metatable = rec.cur.k_nil
        self.function, self.functionv = b.kgc(pointer_of(found), irt_of(found)), found

    def _metatable(self, rec: Recorder, tr: Ins, value: int) -> Ins | None:
        """The metatable, guarded for; None if there is none."""
        view, b = rec.view, rec.builder
        if tr.type not in OWN:
            number = view.base_metatable_number(irt_of(value))
            self.metatablev = view.base_metatable(number)
            if not self.metatablev:
                return None
            self.metatable = rec.emit(Op.FLOAD, TAB, rec.cur.k_nil, GG_BASEMT[number])
            return self.metatable
        self.metatablev = view.metatable(pointer_of(value))
        ref = rec.emit(Op.FLOAD, TAB, tr, OWN[tr.type])
        rec.guard(Op.NE if self.metatablev else Op.EQ, TAB, ref, b.knull(TAB))
        if not self.metatablev:
            return None
        self.metatable = ref
        return ref

    def _search(self, rec: Recorder, metatable: Ins, event: Meta) -> None:
        from jitvm.record.index import Index, record_index

        name = rec.view.metamethod_name(event)
        key = rec.builder.kgc(name, STR)
        ix = Index(metatable, boxed(TAB, self.metatablev), key, boxed(STR, name), chain=0)
        found = record_index(rec, ix)
        assert found is not None
        self.function, self.functionv = found, rec.view.value_at(ix.oldv)


def prepare(rec: Recorder, cont: Header) -> int:
    """Lays a continuation above the frame, or above the operands of a CAT; the slot for the function."""
    assert rec.pt is not None
    top = rec.maxslot if cont is Header.CONT_CAT else rec.pt.framesize
    rec.clear_slots(rec.baseslot + rec.maxslot, rec.baseslot + top)
    rec.put(top, rec.builder.knum(number_of(int(cont))))
    rec.put(top + 1, None, CONT)
    rec.framedepth += 1
    return top + CONT_SLOTS


def call(rec: Recorder, cont: Header, found: Lookup, *args: Ins) -> None:
    """Calls a metamethod."""
    from jitvm.record.calls import record_call

    func = prepare(rec, cont)
    rec.put(func, found.function)
    rec.put(func + 1, None)
    for index, tr in enumerate(args):
        rec.put(func + 2 + index, tr)
    record_call(rec, func, len(args), found.functionv)


def arith(rec: Recorder, event: Meta, b: tuple[Ins, int], c: tuple[Ins, int]) -> None:
    """The metamethod of either operand.  Operands are IR and value."""
    found = Lookup(rec, *b, event)
    if not found and event is not Meta.UNM:
        found = Lookup(rec, *c, event)
    if not found:
        raise Abort(TraceError.NOMM)
    cont = Header.CONT_CAT if event is Meta.CONCAT else Header.CONT_RA
    call(rec, cont, found, b[0], c[0])


def length(rec: Recorder, tr: Ins, value: int) -> None:
    found = Lookup(rec, tr, value, Meta.LEN)
    if not found:
        raise Abort(TraceError.NOMM)
    call(rec, Header.CONT_RA, found, tr, rec.cur.k_nil)


def _common(rec: Recorder, event: Meta, a: tuple[Ins, int], b: tuple[Ins, int]) -> Lookup | None:
    """The metamethod that both operands of a comparison have."""
    from jitvm.record.compare import object_compare

    found = Lookup(rec, *a, event)
    if not found:
        return None
    tr, value = b
    if tr.type in OWN and found.metatable.type is TAB and rec.view.metatable(pointer_of(value)) == (
        found.metatablev
    ):
        rec.guard(Op.EQ, TAB, rec.emit(Op.FLOAD, TAB, tr, OWN[tr.type]), found.metatable)
        return found
    other = Lookup(rec, tr, value, event)
    if not other or object_compare(rec, found.function, other.function, found.functionv, other.functionv):
        return None
    return other


def _comparison(op: int) -> Header:
    return Header.CONT_CONDF if op & 1 else Header.CONT_CONDT


def equal(rec: Recorder, op: int, a: tuple[Ins, int], b: tuple[Ins, int]) -> None:
    """Different tables or userdata; without a common __eq they differ."""
    found = _common(rec, Meta.EQ, a, b)
    if found is not None:
        call(rec, _comparison(op), found, a[0], b[0])


def ordered(rec: Recorder, op: int, a: tuple[Ins, int], b: tuple[Ins, int]) -> None:
    """If there is no metamethod, the interpreter raises an error."""
    found = _common(rec, Meta.LE if op & 2 else Meta.LT, a, b)
    if found is None and op & 2:
        op, a, b = op ^ 3, b, a
        found = _common(rec, Meta.LT, a, b)
    if found is not None:
        call(rec, _comparison(op), found, a[0], b[0])


