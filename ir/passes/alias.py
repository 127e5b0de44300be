"""Alias analysis, load and store forwarding, dead-store elimination.

Disambiguation is semantic: by table (two allocations differ; one that was never stored anywhere differs from
everything else), by key (constants, `base + k1` against `base + k2`), by key type, by field, by upvalue.

    t[i] = x; y = t[i]      the load gives x
    t[i] = x; t[i] = y      the first store dies, if no guard stands between
    t[1] = x; y = t[2]      no conflict

Forwarding assumes that equal references are one instruction, which CSE sees to.  All functions here are
called from fold rules with a candidate that is not in the trace yet, or by the recorder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.calls import BUFFER_CALLS, CALL_NUMBERS
from ir.enums import Enum
from ir.fields import FL_SBUF_R, FL_SBUF_W, FL_TAB_META, FL_TAB_NOMM
from ir.fold.engine import DROPPED
from ir.heap import slot_type, table_lookup
from ir.ops import XLOAD_READONLY, XLOAD_VOLATILE, Op
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder

_TAB_CLEAR = CALL_NUMBERS["lj_tab_clear"]
_STORE_OF = {Op.ALOAD: Op.ASTORE, Op.HLOAD: Op.HSTORE, Op.ULOAD: Op.USTORE, Op.FLOAD: Op.FSTORE}
BUFFER_FIELDS = range(FL_SBUF_W, FL_SBUF_R + 1)
_ALLOCATIONS = (Op.TNEW, Op.TDUP)


class Alias(Enum):
    """Do two references mean the same place?"""

    NO = 0
    MAY = 1
    MUST = 2


# Tables.


def _escaped(b: TraceBuilder, allocation: Ins, stop: Ins) -> bool:
    """Was the new table stored anywhere before `stop`?"""
    for op in (Op.ASTORE, Op.HSTORE, Op.USTORE, Op.FSTORE):
        for store in reversed(b.chain[op]):
            if store.ref <= allocation.ref:
                break
            if store.ref < stop.ref and store.args[1] is allocation:
                return True
    return False


def alias_table(b: TraceBuilder, left: Ins, right: Ins) -> Alias:
    """Two different table values."""
    if left.op in _ALLOCATIONS:
        if right.op in _ALLOCATIONS:
            return Alias.NO
        return Alias.MAY if _escaped(b, left, right) else Alias.NO
    if right.op in _ALLOCATIONS:
        return Alias.MAY if _escaped(b, right, left) else Alias.NO
    return Alias.MAY


def _same_or_alias(b: TraceBuilder, left: Ins, right: Ins) -> bool:
    return left is right or alias_table(b, left, right) is not Alias.NO


def not_cleared(b: TraceBuilder, limit: int, table: Ins) -> bool:
    """No table.clear after `limit` may concern this table."""
    for call in reversed(b.chain[Op.CALLS]):
        if call.ref <= limit:
            break
        if call.args[1] == _TAB_CLEAR and _same_or_alias(b, table, call.args[0]):
            return False
    return True


def table_unchanged(b: TraceBuilder, table: Ins, limit: int) -> bool:
    """No new key (which may reallocate) and no clear after `limit` may concern this table."""
    for newref in reversed(b.chain[Op.NEWREF]):
        if newref.ref <= limit:
            break
        if _same_or_alias(b, table, newref.args[0]):
            return False
    return not_cleared(b, limit, table)


# Array and hash references.


def table_of(xref: Ins) -> Ins:
    """The table of an AREF, HREFK, HREF or NEWREF."""
    base: Ins = xref.args[0]
    if xref.op in (Op.AREF, Op.HREFK):
        table: Ins = base.args[0]
        return table
    return base


def key_of(xref: Ins) -> Ins:
    """The key of a reference, the bare one for HREFK."""
    key: Ins = xref.args[1]
    if key.op is Op.KSLOT:
        bare: Ins = key.args[0]
        return bare
    return key


def _base_offset(key: Ins) -> tuple[Ins, int]:
    """t[base + k] taken apart."""
    if key.op is Op.ADD and key.args[1].is_const:
        return key.args[0], key.args[1].args[0]
    return key, 0


def alias_reference(b: TraceBuilder, left: Ins, right: Ins) -> Alias:
    """Two array references, or two hash references."""
    if left is right:
        return Alias.MUST
    left_key, right_key = key_of(left), key_of(right)
    left_table, right_table = table_of(left), table_of(right)
    if left_key is right_key:
        return Alias.MUST if left_table is right_table else alias_table(b, left_table, right_table)
    if left_key.is_const and right_key.is_const:
        return Alias.NO
    if left.op is Op.AREF:
        left_base, left_offset = _base_offset(left_key)
        right_base, right_offset = _base_offset(right_key)
        if left_base is right_base and left_offset != right_offset:
            return Alias.NO
        if left_base is right_key and left_offset:
            return Alias.NO
        if left_key is right_base and right_offset:
            return Alias.NO
    elif left_key.type is not right_key.type:
        return Alias.NO
    return Alias.MAY if left_table is right_table else alias_table(b, left_table, right_table)


def forward_load(b: TraceBuilder, ins: Ins, xref: Ins) -> Ins | None:
    """ALOAD, HLOAD: the value stored or loaded before; or what a new table holds."""
    op = ins.op
    stores = b.chain[_STORE_OF[op]]
    limit = xref.ref
    position = len(stores)
    while position and stores[position - 1].ref > xref.ref:
        position -= 1
        store = stores[position]
        alias = alias_reference(b, xref, store.args[0])
        if alias is Alias.MUST:
            return _value(store)
        if alias is Alias.MAY:
            return _matching_load(b, op, xref, store.ref)
    table = table_of(xref)
    known = table.op is Op.TNEW or (table.op is Op.TDUP and xref.args[1].is_const)
    if known and not_cleared(b, table.ref, table):
        found = _load_of_allocation(b, ins, xref, table, position)
        if found is not None:
            return None if found is _UNSTABLE else found
    return _matching_load(b, op, xref, limit)


def _value(store: Ins) -> Ins:
    value: Ins = store.args[1]
    return value


def _matching_load(b: TraceBuilder, op: Op, xref: Ins, limit: int) -> Ins | None:
    for load in reversed(b.chain[op]):
        if load.ref <= limit:
            break
        if load.args[0] is xref:
            return load
    return None


#: The load has another type than what the new table would give: a loop-carried change of type.
_UNSTABLE = Ins(Op.NOP, IRType.NIL)


def _load_of_allocation(b: TraceBuilder, ins: Ins, xref: Ins, table: Ins, position: int) -> Ins | None:
    """Contents of a TNEW or TDUP; None if unknown.  `position` ends the stores not looked at yet."""
    if xref.op is Op.AREF:  # A new number key may have gone into the array part.
        for newref in reversed(b.chain[Op.NEWREF]):
            if newref.ref <= table.ref:
                break
            if newref.args[1].type is IRType.NUM:
                return None
    stores = b.chain[_STORE_OF[ins.op]]
    while position and stores[position - 1].ref > table.ref:
        position -= 1
        store = stores[position]
        alias = alias_reference(b, xref, store.args[0])
        if alias is Alias.MUST:
            return _value(store)
        if alias is Alias.MAY:
            return None
    if table.op is Op.TNEW:
        return b.kpri(IRType.NIL) if ins.type is IRType.NIL else _UNSTABLE
    if b.heap is None or not (ins.type.is_primitive or ins.type in (IRType.NUM, IRType.STR)):
        return None
    value = table_lookup(table.args[0].args[0], key_of(xref))
    if (IRType.NIL if value is None else slot_type(value)) is not ins.type:
        return _UNSTABLE
    if value is None or ins.type.is_primitive:
        return b.kpri(ins.type)
    return b.knum(value.num) if ins.type is IRType.NUM else b.kgc(value.bits & (1 << 47) - 1, IRType.STR)


def forward_aload(b: TraceBuilder, ins: Ins) -> Ins | None:
    """ALOAD, also through t[(i + k) - k], which the last iteration knows as t[i]."""
    xref: Ins = ins.args[0]
    found = forward_load(b, ins, xref)
    if found is not None:
        return found
    key: Ins = xref.args[1]
    if key.op is not Op.ADD or not key.args[1].is_const:
        return None
    inner: Ins = key.args[0]
    if inner.op is not Op.ADD or not inner.args[1].is_const or key.args[1].args[0] != -inner.args[1].args[0]:
        return None
    array, index = xref.args[0], inner.args[0]
    limit = max(index.ref, array.ref)
    for aref in reversed(b.chain[Op.AREF]):
        if aref.ref <= limit:
            break
        if aref.args[0] is array and aref.args[1] is index:
            return forward_load(b, ins, aref)
    return None


def forward_hrefk(b: TraceBuilder, ins: Ins) -> Ins:
    """HREFK: the NEWREF that made the key; the guard goes if the table is a copy with that very layout."""
    table: Ins = ins.args[0].args[0]
    key = key_of(ins)
    for newref in reversed(b.chain[Op.NEWREF]):
        if newref.ref <= table.ref:
            break
        if newref.args[0] is table:
            if newref.args[1] is key and not_cleared(b, newref.ref, table):
                return newref
            return b.cse(ins)
        if alias_table(b, table, newref.args[0]) is not Alias.NO:
            return b.cse(ins)
    if table.op is Op.TDUP and not_cleared(b, table.ref, table):
        ins.guard = False
    return b.cse(ins)


def key_is_absent(b: TraceBuilder, ins: Ins) -> bool:
    """HREF of a new table: no store can have made the key."""
    table, key = ins.args
    limit = table.ref
    newest = b.head(Op.NEWREF)
    if key.type is IRType.NUM and newest > limit:
        for store in reversed(b.chain[Op.ASTORE]):
            if store.ref <= limit:
                break
            if store.ref < newest:
                return False
    for store in reversed(b.chain[Op.HSTORE]):
        if store.ref <= limit:
            break
        if alias_reference(b, ins, store.args[0]) is not Alias.NO:
            return False
    return True


def _guarded_since(b: TraceBuilder, store: Ins, blocks: Op | None) -> bool:
    """Is there a guard (or an instruction `blocks`) after the store, so that it is visible at an exit?"""
    return any(ins.guard or ins.op is blocks for ins in b.trace.ins[store.ref + 1 :])


def eliminate_store(b: TraceBuilder, ins: Ins) -> Ins:
    """ASTORE, HSTORE: drop it if the value is there already, or remove an older store it overwrites."""
    xref, value = ins.args
    for store in reversed(b.chain[ins.op]):
        if store.ref <= xref.ref:
            break
        alias = alias_reference(b, xref, store.args[0])
        if alias is Alias.MAY and store.args[1] is not value:
            break
        if alias is Alias.MUST:
            if store.args[1] is value:
                return DROPPED
            if store.ref > b.head(Op.LOOP) and not _guarded_since(b, store, Op.ALEN):
                b.remove(store)
            break
    return b.append(ins)


def forward_alen(b: TraceBuilder, ins: Ins) -> Ins:
    """ALEN: an earlier one of the same table; after t[#t+1] = x the index stored to is a hint.

    LuaJIT forwards across a store to another table that may be the same; here such a store ends forwarding,
    though not the search for a hint.
    """
    table: Ins = ins.args[0]
    limit = table.ref
    for store in reversed(b.chain[Op.HSTORE]):
        if store.ref <= limit:
            break
        if key_of(store.args[0]).type is IRType.NUM:
            limit = store.ref
            break
    for known in reversed(b.chain[Op.ALEN]):
        if known.ref <= limit:
            break
        if known.args[0] is table:
            if not not_cleared(b, known.ref, table):
                break
            return _forward_known_alen(b, ins, known)
    return b.append(ins)


def _forward_known_alen(b: TraceBuilder, ins: Ins, known: Ins) -> Ins:
    table = ins.args[0]
    changed = False
    for store in reversed(b.chain[Op.ASTORE]):
        if store.ref <= known.ref:
            break
        aref = store.args[0]
        other = aref.args[0].args[0]
        if other is table:
            index = aref.args[1]
            pushed = index.op is Op.ADD and index.args[0] is known
            if store.type is not IRType.NIL and pushed and index.args[1] is b.kint(1):
                ins.args = (table, index)
            return b.append(ins)
        if alias_table(b, table, other) is Alias.NO:
            return b.append(ins)
        changed = True
    return b.append(ins) if changed else known


# Upvalues.


def alias_upvalue(left: Ins, right: Ins) -> Alias:
    """Two UREFs: told apart by kind, function, index, and the hash in the low byte of the literal."""
    if left.op is not right.op:
        return Alias.NO
    if left.args[0] is right.args[0]:
        return Alias.MUST if left.args[1] == right.args[1] else Alias.NO
    return Alias.NO if (left.args[1] ^ right.args[1]) & 0xFF else Alias.MAY


def forward_uload(b: TraceBuilder, ins: Ins) -> Ins:
    """ULOAD: the value stored or loaded before."""
    uref: Ins = ins.args[0]
    limit = 0
    for store in reversed(b.chain[Op.USTORE]):
        alias = alias_upvalue(uref, store.args[0])
        if alias is Alias.MUST:
            return _value(store)
        if alias is Alias.MAY:
            limit = store.ref
            break
    for load in reversed(b.chain[Op.ULOAD]):
        if load.ref <= limit:
            break
        other = load.args[0]
        if other is uref or (other.op is uref.op and other.args == uref.args):
            return load
    return b.append(ins)


def eliminate_ustore(b: TraceBuilder, ins: Ins) -> Ins:
    """USTORE: drop it if redundant, or remove an older store (with its barrier) that it overwrites."""
    uref, value = ins.args
    for store in reversed(b.chain[Op.USTORE]):
        if store.ref <= uref.ref:
            break
        alias = alias_upvalue(uref, store.args[0])
        if alias is Alias.MAY and store.args[1] is not value:
            break
        if alias is Alias.MUST:
            if store.args[1] is value:
                return DROPPED
            if store.ref > b.head(Op.LOOP) and not _guarded_since(b, store, None):
                _remove_ustore(b, store, uref)
            break
    return b.append(ins)


def _remove_ustore(b: TraceBuilder, store: Ins, uref: Ins) -> None:
    b.remove(store)
    body = b.trace.ins
    if store.ref + 1 < len(body):
        barrier = body[store.ref + 1]
        if barrier.op is Op.OBAR and barrier.args[0] is uref:
            b.remove(barrier)


# Fields.


def alias_field(b: TraceBuilder, left: Ins, right: Ins) -> Alias:
    """Two FREFs (or an FLOAD and an FREF)."""
    if left.args[1] != right.args[1]:
        return Alias.NO
    if left.args[0] is right.args[0]:
        return Alias.MUST
    if FL_TAB_META <= left.args[1] <= FL_TAB_NOMM:
        return alias_table(b, left.args[0], right.args[0])
    return Alias.MAY


def forward_fload(b: TraceBuilder, ins: Ins) -> Ins:
    """FLOAD of a mutable field."""
    thing, number = ins.args
    limit = thing.ref
    conflict = False
    for store in reversed(b.chain[Op.FSTORE]):
        if store.ref <= thing.ref:
            break
        alias = alias_field(b, ins, store.args[0])
        if alias is Alias.MUST:
            return _value(store)
        if alias is Alias.MAY:
            limit, conflict = store.ref, True
            break
    if not conflict and number == FL_TAB_META and thing.op in _ALLOCATIONS:
        return b.knull(IRType.TAB)
    return b.cse_after(ins, limit)


def eliminate_fstore(b: TraceBuilder, ins: Ins) -> Ins:
    """FSTORE: drop it if redundant, or remove an older store that it overwrites."""
    fref, value = ins.args
    for store in reversed(b.chain[Op.FSTORE]):
        if store.ref <= fref.ref:
            break
        alias = alias_field(b, fref, store.args[0])
        if alias is Alias.MAY and store.args[1] is not value:
            break
        if alias is Alias.MUST:
            if store.args[1] is value and fref.args[1] not in BUFFER_FIELDS:
                return DROPPED
            if store.ref > b.head(Op.LOOP) and not _field_seen_since(b, store, fref):
                b.remove(store)
            break
    return b.append(ins)


def _field_seen_since(b: TraceBuilder, store: Ins, fref: Ins) -> bool:
    for ins in b.trace.ins[store.ref + 1 :]:
        if ins.guard or (ins.op is Op.FLOAD and ins.args[1] == fref.args[1]):
            return True
    return False


def buffers_changed(b: TraceBuilder, limit: int) -> bool:
    """Was there, after `limit`, an operation on a buffer that its fields do not tell of?"""
    if b.head(Op.BUFPUT) > limit:
        return True
    for op in (Op.CALLS, Op.CALLL):
        for call in reversed(b.chain[op]):
            if call.ref <= limit:
                break
            if call.args[1] in BUFFER_CALLS:
                return True
    return False


def forward_sbuf(b: TraceBuilder, ins: Ins) -> Ins:
    """FLOAD of a buffer's field."""
    found = forward_fload(b, ins)
    if found is not ins and buffers_changed(b, found.ref):
        return b.append(ins)
    return found


# Untyped memory.


def forward_xload(b: TraceBuilder, ins: Ins) -> Ins:
    """XLOAD: an earlier load of the same address and type; stores to raw memory end the search."""
    xref, mode = ins.args
    limit = xref.ref
    if mode & XLOAD_VOLATILE:
        return b.append(ins)
    if not mode & XLOAD_READONLY:
        limit = max(limit, b.head(Op.XSTORE), b.head(Op.XBAR), b.head(Op.CALLXS))
    for load in reversed(b.chain[Op.XLOAD]):
        if load.ref <= limit:
            break
        if load.args[0] is xref and load.type is ins.type:
            return load
    return b.append(ins)


# For the recorder.


def was_not_nil(b: TraceBuilder, load_op: Op, xref: Ins) -> bool:
    """Is it certain that the place held something before a store?  Then metatables need no look.

    A load is proof, since it checks the type; so is a store of anything but nil.
    """
    for store in reversed(b.chain[_STORE_OF[load_op]]):
        if store.ref <= xref.ref:
            break
        if store.args[0] is xref:
            return store.type is not IRType.NIL
        if store.type is IRType.NIL:
            stored, key = store.args[0].args[1], xref.args[1]
            if (stored.op is Op.KSLOT) is not (key.op is Op.KSLOT):  # HREFK and HREF: luajit forgets these.
                stored, key = key_of(store.args[0]), key_of(xref)
            comparable = load_op is Op.ALOAD or stored.type is key.type
            if comparable and (stored is key or not stored.is_const or not key.is_const):
                return False
    for load in reversed(b.chain[load_op]):
        if load.ref <= xref.ref:
            break
        if load.args[0] is xref:
            return load.type is not IRType.NIL
    return False
