"""Parcels: prototypes and template tables as Python hands them over, put into the heap here.

Python packs an object's image into one piece of bytes and passes its address; what the image refers to by a
distance from the start of the parcel becomes an address.  That is one call for each prototype, where a call
for each field and string takes longer than compiling a short chunk.

    parcel of a prototype      [GCproto][bytecode ...][GC constants][number constants][upvalues]  strings
                                 k, uv: distances              ^ an address, or distance << 1 | 1 of a string
    parcel of a template       [Template][array slots][key, value, ...]  strings
                                                            ^ STR_BITS | distance of a string
    a string                   [length: u32][bytes]

Invariant: no collection happens in between, so nothing here needs a root.
"""

from __future__ import annotations

from ir.objects import VM, GCproto, GCstr, GCtab, TValue
from jitvm.native import Ptr, Struct, addr, i64, likely, native, u8, u16, u32, u64, unlikely
from jitvm.runtime.string import str_new
from jitvm.runtime.table import tab_new, tab_set
from jitvm.runtime.value import NIL, POINTER, TRUE, is_nil, is_str, proto_bc, set_nil, set_str


class Template(Struct):
    """Head of a template's parcel."""

    asize: u32
    hbits: u32
    values: u32  # Array slots that follow, and pairs after them.
    pairs: u32


@native
def parcel_string(g: Ptr[VM], parcel: u64, distance: u64) -> Ptr[GCstr]:
    """The string whose bytes stand there."""
    length = Ptr[u32](parcel + distance)
    return str_new(g, Ptr[u8](addr(length + 1)), length[0])


@native
def proto_unpack(g: Ptr[VM], parcel: u64, size: u64, place: u64, hotcount: u32) -> Ptr[GCproto]:
    """A prototype of so many bytes, in memory that is free again or behind all others; null: it is full."""
    if likely(place == 0):
        place = g.code_top
        if unlikely(place + size > g.code_end):
            return Ptr[GCproto](u64(0))
        g.code_top = place + size
    g.memcpy(Ptr[u8](place), Ptr[u8](parcel), size)
    pt = Ptr[GCproto](place)
    pt.k = Ptr[u64](place + addr(pt.k))
    pt.uv = Ptr[u16](place + addr(pt.uv))
    constant = pt.k - i64(u64(pt.sizekgc))
    while addr(constant) < addr(pt.k):
        word = constant[0]
        if word & 1 != 0:
            constant[0] = addr(parcel_string(g, parcel, word >> 1))
        constant = constant + 1
    counter = Ptr[u16](g.hot_base + (addr(proto_bc(pt)) >> 1))
    for i in range(pt.sizebc):
        counter[i] = u16(hotcount)
    return pt


@native
def template_unpack(g: Ptr[VM], parcel: u64) -> Ptr[GCtab]:
    """The table that TDUP copies.  The nodes of reserved keys stay where they are once all keys are in."""
    head = Ptr[Template](parcel)
    t = tab_new(g, head.asize, head.hbits)
    slot = Ptr[TValue](addr(head + 1))
    for i in range(head.values):
        parcel_slot(g, parcel, slot)
        (t.array + i).bits = slot.bits
        slot = slot + 1
    pairs = slot
    for _ in range(head.pairs):
        parcel_slot(g, parcel, slot)
        parcel_slot(g, parcel, slot + 1)
        bits = (slot + 1).bits
        tab_set(g, t, slot).bits = TRUE if bits == NIL else bits
        slot = slot + 2
    for _ in range(head.pairs):
        if is_nil(pairs + 1):
            set_nil(tab_set(g, t, pairs))
        pairs = pairs + 2
    return t


@native
def parcel_slot(g: Ptr[VM], parcel: u64, slot: Ptr[TValue]) -> None:
    """A slot that names a string gets it."""
    if is_str(slot):
        set_str(slot, parcel_string(g, parcel, slot.bits & POINTER))
