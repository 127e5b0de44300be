"""Indexed access: loads and stores of table elements, by array slot, by hash node or by search.

    t[i]      ABC asize i; AREF array i; ALOAD            i within the array part when recorded
    t.name    hmask == size seen; HREFK node "name" @slot; HLOAD
    t[k]      HREF t k; HLOAD                             the key is no constant

A nil found by a load, or overwritten by a store, needs guards for what the metatable says (`meta.py`).  A new
key becomes NEWREF.  Loads forward from earlier stores and loads by FOLD; a HREFK that turns out to be
forwarded takes its own guards back (`rollback`).
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.fields import (
    FL_FUNC_ENV,
    FL_TAB_ARRAY,
    FL_TAB_ASIZE,
    FL_TAB_HMASK,
    FL_TAB_META,
    FL_TAB_NODE,
    FL_TAB_NOMM,
)
from ir.objects import UDTYPE_BUFFER
from ir.ops import Op
from ir.passes import narrow
from ir.passes.alias import was_not_nil
from ir.passes.flags import OptFlag
from ir.record import dataclass
from ir.types import IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, FORL_STOP, Meta
from jitvm.interp.headers import Header
from jitvm.record.meta import Lookup, call
from jitvm.record.recorder import (
    FUNC,
    INT,
    NIL,
    P64,
    STR,
    TAB,
    Operands,
    Recorder,
    is_integer,
    is_numeric,
    record,
)
from jitvm.record.view import NIL as NIL_BITS
from jitvm.record.view import NODE_SIZE, bits_of, boxed, irt_of, is_number, num2int, number_of, pointer_of

MAX_ASIZE = (1 << 27) + 1
MAX_CHAIN = 100
MAX_KEY_SLOT = 65535
FAST_METAMETHODS = range(Meta.LEN + 1)


@dataclass(slots=True)
class Index:
    """One access: table, key and value, each as IR and as the value at run time."""

    tab: Ins
    tabv: int
    key: Ins
    keyv: int
    val: Ins | None = None
    valv: int = 0
    chain: int = MAX_CHAIN  # 0: raw access, no metamethods.
    oldv: int = 0  # Address of the value found.


# Finding the element.


def bounds_check(rec: Recorder, asize_ref: Ins, key: Ins, asize: int) -> None:
    """ABC, made invariant where the loop's bounds are known to lie in the array."""
    flags, scev = rec.builder.flags, rec.builder.scev
    if flags & OptFlag.LOOP and flags & OptFlag.ABC:
        ref, offset, offset_ref = key, 0, None
        if key.op is Op.ADD and key.args[1].is_const:
            ref, offset_ref = key.args
            offset = int(offset_ref.value)
        if ref is scev.idx and scev.stop is not None:
            stack = rec.view.base - 8 * rec.baseslot
            stop = num2int(number_of(rec.view.value_at(stack + 8 * (ref.args[0] + FORL_STOP))))
            if 0 <= (stop + offset if stop >= 0 else -1) < asize:
                limit = scev.stop if offset == 0 else rec.emit(Op.ADD, INT, scev.stop, offset_ref)
                rec.guard(Op.ABC, IRType.P32, asize_ref, limit)
                if not (scev.direction and scev.start is not None and int(scev.start.value) + offset >= 0):
                    rec.guard(Op.ABC, IRType.P32, asize_ref, key)
                return
    rec.guard(Op.ABC, INT, asize_ref, key)


def _array_key(rec: Recorder, ix: Index) -> tuple[Ins | None, Ins]:
    """The reference into the array part if the key is there, and the key to search the hash part for."""
    key, table = ix.key, pointer_of(ix.tabv)
    number = number_of(ix.keyv)
    k = num2int(number)
    if k == number and 0 <= k < MAX_ASIZE:
        ikey = narrow.narrow_index(rec.builder, key)
        asize_ref = rec.emit(Op.FLOAD, INT, ix.tab, FL_TAB_ASIZE)
        asize = rec.view.asize(table)
        if k < asize:
            bounds_check(rec, asize_ref, ikey, asize)
            array = rec.emit(Op.FLOAD, P64, ix.tab, FL_TAB_ARRAY)
            return rec.emit(Op.AREF, P64, array, ikey), key
        rec.guard(Op.ULE, INT, asize_ref, ikey)
        if k == 0 and key.is_const:
            key = rec.builder.knum(0.0)
    elif not key.is_const:
        if rec.view.asize(table) != 0:
            raise Abort(TraceError.NYITMIX)
        asize_ref = rec.emit(Op.FLOAD, INT, ix.tab, FL_TAB_ASIZE)
        rec.guard(Op.EQ, INT, asize_ref, rec.builder.kint(0))
    return None, key


@dataclass(slots=True)
class Rollback:
    """Where to go back to if the guards of a HREFK prove unnecessary."""

    ref: int = 0
    guardemit: bool = False

    def apply(self, rec: Recorder, result: Ins) -> None:
        if self.ref and result.ref < self.ref:
            rec.builder.rollback(self.ref)
            rec.builder.guard_emitted = self.guardemit


def _new_key(rec: Recorder, key: Ins) -> Ins:
    """A number as such; constants 0 and -0 are one key, or loads would not see what was stored."""
    number = rec.to_num(key) if is_integer(key) else key
    if number.op is Op.KNUM and number.args[0] == 0:
        return rec.builder.knum(0.0)
    return number


def _find(rec: Recorder, ix: Index) -> tuple[Ins, Rollback]:
    """The reference to the element, AREF, HREFK, HREF, or the shared nil."""
    view, table = rec.view, pointer_of(ix.tabv)
    ix.oldv = view.table_get(table, ix.keyv)
    key, back = ix.key, Rollback()
    if is_numeric(key):
        element, key = _array_key(rec, ix)
        if element is not None:
            return element, back
    hmask = view.hmask(table)
    if hmask == 0:
        mask_ref = rec.emit(Op.FLOAD, INT, ix.tab, FL_TAB_HMASK)
        rec.guard(Op.EQ, INT, mask_ref, rec.builder.kint(0))
        return rec.builder.kkptr(view.nil_slot()), back
    if is_integer(key):
        key = rec.to_num(key)
    if key.is_const:
        offset = ix.oldv - view.node(table)
        if 0 <= offset <= hmask * NODE_SIZE and offset <= MAX_KEY_SLOT * NODE_SIZE:
            back = Rollback(rec.nins, rec.builder.guard_emitted)
            mask_ref = rec.emit(Op.FLOAD, INT, ix.tab, FL_TAB_HMASK)
            rec.guard(Op.EQ, INT, mask_ref, rec.builder.kint(hmask))
            node = rec.emit(Op.FLOAD, P64, ix.tab, FL_TAB_NODE)
            return rec.guard(Op.HREFK, P64, node, rec.builder.kslot(key, offset // NODE_SIZE)), back
    return rec.emit(Op.HREF, P64, ix.tab, key), back


# Loads and stores.


def record_index(rec: Recorder, ix: Index) -> Ins | None:
    """Record a load, which returns the value, or a store if `ix.val` is given.

    No value is returned where a metamethod has been called: its result is the value."""
    while True:
        event = Meta.INDEX if ix.val is None else Meta.NEWINDEX
        if ix.tab.type is TAB:
            result, found = _in_table(rec, ix)
            if found is None:
                return result
        else:
            found = Lookup(rec, ix.tab, ix.tabv, event)
            if not found:
                raise Abort(TraceError.NOMM)
        if found.function.type is FUNC:
            if ix.val is None:
                call(rec, Header.CONT_RA, found, ix.tab, ix.key)
            else:
                call(rec, Header.CONT_NOP, found, ix.tab, ix.key, ix.val)
            return None
        if ix.val is None and ix.tab.type is IRType.UDATA:
            method = _buffer_method(rec, ix, found)
            if method is not None:
                return method
        ix.tab, ix.tabv = found.function, found.functionv
        ix.chain -= 1
        if ix.chain == 0:
            raise Abort(TraceError.IDXLOOP)


def _buffer_method(rec: Recorder, ix: Index, found: Lookup) -> Ins | None:
    """The table of a buffer's methods does not change: they are constants."""
    if rec.view.udata_type(pointer_of(ix.tabv)) != UDTYPE_BUFFER or ix.key.type is not STR:
        return None
    bits = rec.view.value_at(rec.view.table_get(pointer_of(found.functionv), ix.keyv))
    return rec.builder.kgc(pointer_of(bits), FUNC) if ix.key.is_const and irt_of(bits) is FUNC else None


def _in_table(rec: Recorder, ix: Index) -> tuple[Ins | None, Lookup | None]:
    """The value loaded, or the metamethod or object to go on with."""
    if ix.keyv == NIL_BITS or (is_number(ix.keyv) and number_of(ix.keyv) != number_of(ix.keyv)):
        if ix.val is not None:
            raise Abort(TraceError.STORENN)
        if ix.key.is_const:
            return rec.cur.k_nil, _event(rec, ix, Meta.INDEX)
    ref, back = _find(rec, ix)
    if ref.op is Op.KKPTR:
        ix.oldv = int(ref.value)
    if ix.val is None:
        return _load(rec, ix, ref, back)
    return None, _store(rec, ix, ref, back)


def _event(rec: Recorder, ix: Index, event: Meta) -> Lookup | None:
    """What the table's metatable says, if it says anything."""
    if not ix.chain:
        return None
    return Lookup(rec, ix.tab, ix.tabv, event) or None


def _load(rec: Recorder, ix: Index, ref: Ins, back: Rollback) -> tuple[Ins, Lookup | None]:
    view = rec.view
    type_ = irt_of(view.value_at(ix.oldv))
    if ix.oldv == view.nil_slot():
        rec.guard(Op.EQ, P64, ref, rec.builder.kkptr(view.nil_slot()))
        result = rec.cur.k_nil
    else:
        result = rec.guard(Op.ALOAD if ref.op is Op.AREF else Op.HLOAD, type_, ref)
    back.apply(rec, result)
    found = _event(rec, ix, Meta.INDEX) if type_ is NIL else None
    return rec.builder.kpri(type_) if type_ <= IRType.TRUE else result, found


def _store(rec: Recorder, ix: Index, ref: Ins, back: Rollback) -> Lookup | None:
    """Stores, unless there is a metamethod or object to do it."""
    view, builder = rec.view, rec.builder
    assert ix.val is not None
    load = Op.ALOAD if ref.op is Op.AREF else Op.HLOAD
    key_barrier = ix.key.type.is_gc and ix.val.type is not NIL
    found_op = ref.op
    back.apply(rec, ref)
    if view.value_at(ix.oldv) == NIL_BITS:
        absent = view.nil_slot()
        if ix.chain and _has_newindex(rec, ix):
            rec.guard(load, NIL, ref)
        elif found_op is Op.HREF:
            rec.guard(Op.EQ if ix.oldv == absent else Op.NE, P64, ref, builder.kkptr(absent))
        found = _event(rec, ix, Meta.NEWINDEX)
        if found is not None:
            return found
        if ix.oldv == absent:
            ref = rec.emit(Op.NEWREF, P64, ix.tab, _new_key(rec, ix.key))
            key_barrier = False  # NEWREF has the barrier for the key.
    elif not was_not_nil(builder, load, ref):
        _guard_nonnil(rec, ix, ref, load, found_op)
    else:
        key_barrier = False  # The value that was there kept the key alive.
    _emit_store(rec, ix, ref, load, key_barrier)
    return None


def _has_newindex(rec: Recorder, ix: Index) -> bool:
    view = rec.view
    metatable = view.metatable(pointer_of(ix.tabv))
    name = boxed(STR, view.metamethod_name(Meta.NEWINDEX))
    return bool(metatable) and view.value_at(view.table_get(metatable, name)) != NIL_BITS


def _emit_store(rec: Recorder, ix: Index, ref: Ins, load: Op, key_barrier: object) -> None:
    assert ix.val is not None
    value = rec.to_num(ix.val) if is_integer(ix.val) else ix.val
    rec.emit(Op.ASTORE if load is Op.ALOAD else Op.HSTORE, value.type, ref, value)
    if key_barrier or value.type.is_gc:
        rec.emit(Op.TBAR, NIL, ix.tab)
    if _may_name_metamethod(rec, ix.key):
        cache = rec.emit(Op.FREF, P64, ix.tab, FL_TAB_NOMM)
        rec.emit(Op.FSTORE, IRType.U8, cache, rec.builder.kint(0))
    rec.builder.need_snapshot = True


def _guard_nonnil(rec: Recorder, ix: Index, ref: Ins, load: Op, found_op: Op) -> None:
    """The value overwritten was not nil; it must stay so, or have no metatable to ask."""
    if found_op is Op.HREF:
        rec.guard(Op.NE, P64, ref, rec.builder.kkptr(rec.view.nil_slot()))
    if not ix.chain:
        return
    if rec.view.metatable(pointer_of(ix.tabv)):
        rec.guard(load, irt_of(rec.view.value_at(ix.oldv)), ref)
    else:
        meta = rec.emit(Op.FLOAD, TAB, ix.tab, FL_TAB_META)
        rec.guard(Op.EQ, TAB, meta, rec.builder.knull(TAB))


def _may_name_metamethod(rec: Recorder, key: Ins) -> bool:
    """Stores under the names of fast metamethods drop the table's cache of absent ones."""
    if key.type is not STR:
        return False
    if not key.is_const:
        return True
    return any(rec.view.metamethod_name(mm) == key.value for mm in FAST_METAMETHODS)


# Bytecodes.


def _element(rec: Recorder, x: Operands, chain: int = MAX_CHAIN) -> Ins | None:
    assert x.rb is not None and x.rc is not None
    return record_index(rec, Index(x.rb, x.rbv, x.rc, x.rcv, x.ra, x.rav, chain))


@record(BC.GGET, BC.GSET)
def global_variable(rec: Recorder, x: Operands) -> Ins | None:
    x.rbv = boxed(TAB, rec.view.func_env(rec.fn))
    x.rb = rec.emit(Op.FLOAD, TAB, rec.current_function(), FL_FUNC_ENV)
    return _element(rec, x)


@record(BC.TGETB, BC.TSETB)
def element_byte(rec: Recorder, x: Operands) -> Ins | None:
    x.rcv, x.rc = bits_of(float(x.c)), rec.builder.kint(x.c)
    return _element(rec, x)


@record(BC.TGETV, BC.TGETS, BC.TSETV, BC.TSETS)
def element(rec: Recorder, x: Operands) -> Ins | None:
    return _element(rec, x)


@record(BC.TGETR, BC.TSETR)
def element_raw(rec: Recorder, x: Operands) -> Ins | None:
    """The interpreter truncates the key, traces do not: a key to the hash part has no guard against that."""
    number = number_of(x.rcv)
    assert x.rc is not None
    if not is_integer(x.rc) and not 0 <= num2int(number) == number:
        raise Abort(TraceError.NYITMIX)
    return _element(rec, x, chain=0)


@record(BC.TSETM)
def elements(rec: Recorder, x: Operands) -> None:
    table = rec.getslot(x.a - 1)
    tabv = rec.view.slot(x.a - 1)
    index = x.rcv & 0xFFFFFFFF
    for slot in range(x.a, x.a + rec.view.multres() - 1):
        key = rec.builder.kint(index)
        value = rec.getslot(slot)
        record_index(rec, Index(table, tabv, key, bits_of(float(index)), value, rec.view.slot(slot), 0))
        index += 1


@record(BC.TNEW)
def new_table(rec: Recorder, x: Operands) -> Ins:
    asize, hbits = x.c & 0x7FF, x.c >> 11
    return rec.guard(Op.TNEW, TAB, 0x801 if asize == 0x7FF else asize, hbits)


@record(BC.TDUP)
def copy_table(rec: Recorder, x: Operands) -> Ins:
    assert rec.pt is not None
    return rec.guard(Op.TDUP, TAB, rec.builder.kgc(rec.view.kgc(rec.pt, x.c), TAB))
