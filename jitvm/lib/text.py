"""A string under construction, in a slot: for library functions that call others before they are done.

    text_begin(g, slot, 100)            room for 100 bytes to begin with
    text_add(g, slot, p, length)
    s = text_string(g, slot)            the interned string

It is a cell with the header of a string that is in no intern table: the collector keeps it while the slot is
alive.  `len` is how much is there, `hash` how much fits.  Lua code never sees it.
"""

from __future__ import annotations

from ir.objects import GCT_STR, VM, GCstr, TValue
from jitvm.native import Ptr, addr, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import mem_alloc, mem_free
from jitvm.runtime.number import NUMBER_TEXT, num_text
from jitvm.runtime.string import MAX_STRING, bytes_copy, str_new
from jitvm.runtime.value import GCSTR_SIZE, is_str, set_str, str_data, str_of


@native
def text_begin(g: Ptr[VM], slot: Ptr[TValue], room: u64) -> None:
    """An empty text."""
    set_str(slot, text_new(g, room))


@native
def text_new(g: Ptr[VM], room: u64) -> Ptr[GCstr]:
    t = Ptr[GCstr](mem_alloc(g, room + GCSTR_SIZE))
    t.gct = GCT_STR
    t.color = 0
    t.reserved = 0
    t.pad = 0
    t.len = 0
    t.hash = u32(room)
    t.sid = 0
    t.next = Ptr[GCstr](u64(0))
    return t


@native
def text_room(g: Ptr[VM], slot: Ptr[TValue], more: u64) -> Ptr[u8]:
    """Where the next `more` bytes go."""
    t = str_of(slot)
    wanted = u64(t.len) + more
    if unlikely(wanted > u64(t.hash)):
        room = u64(t.hash) * 2
        while room < wanted:
            room = room * 2
        fresh = text_new(g, room)
        g.memcpy(str_data(fresh), str_data(t), u64(t.len))
        fresh.len = t.len
        mem_free(g, addr(t), u64(t.hash) + GCSTR_SIZE)
        set_str(slot, fresh)
        t = fresh
    return str_data(t) + t.len


@native
def text_add(g: Ptr[VM], slot: Ptr[TValue], p: Ptr[u8], length: u64) -> None:
    """Appends bytes; what would make it longer than any string may be is left out, and noticed in the end."""
    if unlikely(u64(str_of(slot).len) + length > MAX_STRING):
        str_of(slot).reserved = 1
    elif length != 0:
        bytes_copy(g, text_room(g, slot, length + 8), p, u32(length))
        t = str_of(slot)
        t.len = t.len + u32(length)


@native
def text_add_value(g: Ptr[VM], slot: Ptr[TValue], value: Ptr[TValue]) -> None:
    """Appends a string or number."""
    if is_str(value):
        s = str_of(value)
        text_add(g, slot, str_data(s), u64(s.len))
    else:
        x = value.num
        length = num_text(g, x, text_room(g, slot, u64(NUMBER_TEXT)))
        t = str_of(slot)
        t.len = t.len + length


@native
def text_string(g: Ptr[VM], slot: Ptr[TValue]) -> Ptr[GCstr]:
    """What has been built; null if it is too long."""
    t = str_of(slot)
    if unlikely(t.reserved != 0):
        return Ptr[GCstr](u64(0))
    return str_new(g, str_data(t), t.len)
