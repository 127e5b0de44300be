"""Metatables: which one a value has, and what it says about an event.

    mo = meta_lookup(g, tv, MM_ADD)          the slot of the metamethod, the shared nil if there is none
    mo = meta_fast(g, mt, MM_INDEX)          the same of a metatable (or null), for the frequent ones

A metatable remembers in `nomm` which of the first eight metamethods it does not have, so that asking again
costs one test.  Any store into the table under a string key forgets it.

Does not do: calling metamethods (`interp/meta.py`).
"""

from __future__ import annotations

from ir.objects import VM, GCstr, GCtab, GCudata, TValue
from ir.types import TAG_SHIFT
from jitvm.front.bytecode import Meta
from jitvm.native import Ptr, i32, inline, native, u32
from jitvm.runtime.table import nil_slot, tab_get, tab_getstr
from jitvm.runtime.value import POINTER, is_func, is_nil, is_number, is_tab, is_udata, tab_of

MM_INDEX, MM_NEWINDEX, MM_GC, MM_MODE = int(Meta.INDEX), int(Meta.NEWINDEX), int(Meta.GC), int(Meta.MODE)
MM_EQ, MM_LEN, MM_LT, MM_LE = int(Meta.EQ), int(Meta.LEN), int(Meta.LT), int(Meta.LE)
MM_CONCAT, MM_CALL, MM_ADD, MM_UNM = int(Meta.CONCAT), int(Meta.CALL), int(Meta.ADD), int(Meta.UNM)
MM_METATABLE, MM_TOSTRING = int(Meta.METATABLE), int(Meta.TOSTRING)
#: Index of the metatable of numbers in `basemt`; the others are at ~tag.
NUMBER_MT = 13
#: Objects that a chain of __index or __newindex may pass through.
MAX_CHAIN = 100
#: How a search along a chain ends: with the slot of a value; at a metamethod, which is in g.tmptv3 with the
#: object it is called for; at an object that cannot be indexed; or not at all.
FOUND, CALL, BAD_OBJECT, LOOP = range(4)

assert MM_LEN < 8, "frequent metamethods have a bit in nomm"


@native
def metatable_of(g: Ptr[VM], tv: Ptr[TValue]) -> Ptr[GCtab]:
    """Its own, or its type's; null if there is none."""
    if is_tab(tv):
        return tab_of(tv).metatable
    if is_udata(tv):
        return Ptr[GCudata](tv.bits & POINTER).metatable
    if is_number(tv):
        return Ptr[GCtab](g.basemt[NUMBER_MT])
    return Ptr[GCtab](g.basemt[u32(~i32(tv.sbits >> TAG_SHIFT))])


@native
def meta_lookup(g: Ptr[VM], tv: Ptr[TValue], event: u32) -> Ptr[TValue]:
    """The metamethod of a value."""
    mt = metatable_of(g, tv)
    if not mt:
        return nil_slot(g)
    return tab_getstr(g, mt, Ptr[GCstr](g.mmnames[event]))


@inline
def meta_fast(g: Ptr[VM], mt: Ptr[GCtab], event: u32) -> Ptr[TValue]:
    """A frequent metamethod of a table with this metatable, which may be null."""
    return nil_slot(g) if not mt or (mt.nomm >> event & 1) != 0 else meta_cached(g, mt, event)


@native
def meta_cached(g: Ptr[VM], mt: Ptr[GCtab], event: u32) -> Ptr[TValue]:
    """The same of a metatable that is there; notes if it has none."""
    slot = tab_getstr(g, mt, Ptr[GCstr](g.mmnames[event]))
    if is_nil(slot):
        mt.nomm = mt.nomm | u32(1) << event
    return slot


@native
def index_chain(g: Ptr[VM], obj: Ptr[TValue], key: Ptr[TValue]) -> u32:
    """Looks for `key` along __index.  g.chain_slot: where the value is, the metamethod, or the bad object;
    g.chain_object: what the metamethod belongs to."""
    left: u32 = MAX_CHAIN
    while left != 0:
        mo = nil_slot(g)
        if is_tab(obj):
            slot = tab_get(g, tab_of(obj), key)
            if is_nil(slot):
                mo = meta_fast(g, tab_of(obj).metatable, MM_INDEX)
            if not is_nil(slot) or is_nil(mo):
                g.chain_slot = slot
                return FOUND
        else:
            mo = meta_lookup(g, obj, MM_INDEX)
            if is_nil(mo):
                g.chain_slot = obj
                return BAD_OBJECT
        if is_func(mo):
            g.chain_slot = mo
            g.chain_object = obj
            return CALL
        obj = mo
        left -= 1
    return LOOP


@native
def newindex_chain(g: Ptr[VM], obj: Ptr[TValue], key: Ptr[TValue]) -> u32:
    """Looks for the table that a store goes to, along __newindex.  FOUND: it is g.chain_slot."""
    left: u32 = MAX_CHAIN
    while left != 0:
        mo = nil_slot(g)
        if is_tab(obj):
            t = tab_of(obj)
            slot = nil_slot(g)
            if t.metatable:
                slot = tab_get(g, t, key)
                if is_nil(slot):
                    mo = meta_fast(g, t.metatable, MM_NEWINDEX)
            if is_nil(mo):
                g.chain_slot = obj
                return FOUND
        else:
            mo = meta_lookup(g, obj, MM_NEWINDEX)
            if is_nil(mo):
                g.chain_slot = obj
                return BAD_OBJECT
        if is_func(mo):
            g.chain_slot = mo
            g.chain_object = obj
            return CALL
        obj = mo
        left -= 1
    return LOOP
