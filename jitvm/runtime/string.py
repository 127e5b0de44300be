"""Interned strings: one object per content, found through a chained hash table.

    s = str_new(g, p, len)          the string of these bytes, new or not
    order = str_cmp(a, b)           < 0, 0, > 0, as unsigned bytes

Equal strings are the same object, so equality is a comparison of addresses.  The hash covers every byte of
strings up to 32 bytes, and 32 bytes of longer ones, spread over them; tables place string keys by `sid`, a
running number, which never collides for keys made one after the other.

Invariants: the bytes are followed by a NUL; the cell is a multiple of 16 bytes, so that reading whole
words never leaves it.  Strings are immutable.  The chains hold dead strings until the collector sweeps
them, before any of their memory is reused; one that is found before lives on.
"""

from __future__ import annotations

from ir.objects import GCT_STR, VM, GCstr, TValue
from jitvm.native import Ptr, addr, i32, inline, likely, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import SWEEP, cell_size, is_marked, mem_alloc, mem_free, set_mark
from jitvm.runtime.digits import NUMTEXT_OFFSET
from jitvm.runtime.number import NUMBER_TEXT, num_text
from jitvm.runtime.udata import buffer_of, buffer_size, is_buffer
from jitvm.runtime.value import GCSTR_SIZE, is_number, is_str, str_data, str_of, udata_of

#: Longer strings cannot be made: LuaJIT's limit.
MAX_STRING = 0x7FFFFF00
LARGE = 1 << 20
HASH_1, HASH_2 = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93


@inline
def word_at(p: Ptr[u8], offset: u32) -> u64:
    return Ptr[u64](addr(p) + u64(offset))[0]


@inline
def half_at(p: Ptr[u8], offset: u32) -> u64:
    return u64(Ptr[u32](addr(p) + u64(offset))[0])


@native
def str_hash(seed: u64, p: Ptr[u8], length: u32) -> u32:
    """Two multiplications per 8 bytes, at most four words; overlapping reads instead of a tail loop."""
    h = seed ^ u64(u64(length) * HASH_1)
    if length >= 8:
        h = u64((h ^ word_at(p, 0)) * HASH_1)
        h = h ^ (h >> 29)
        if length > 16:
            h = u64((h ^ word_at(p, (length >> 1) - 8)) * HASH_2)
            h = h ^ (h >> 31)
            h = u64((h ^ word_at(p, length >> 1)) * HASH_1)
            h = h ^ (h >> 29)
        h = u64((h ^ word_at(p, length - 8)) * HASH_2)
    elif length >= 4:
        h = u64((h ^ (half_at(p, 0) | half_at(p, length - 4) << 32)) * HASH_2)
    elif length > 0:
        h = u64((h ^ (u64(p[0]) | u64(p[length >> 1]) << 8 | u64(p[length - 1]) << 16)) * HASH_2)
    h = u64((h ^ (h >> 32)) * HASH_1)
    return u32(h >> 32)


@inline
def bytes_equal(p: Ptr[u8], q: Ptr[u8], length: u32) -> bool:
    """Whole words first, then one that overlaps them."""
    i: u32 = 0
    while i + 8 <= length and word_at(p, i) == word_at(q, i):
        i += 8
    if i + 8 > length:
        if length >= 8:
            i = length if word_at(p, length - 8) == word_at(q, length - 8) else i
        else:
            while i < length and p[i] == q[i]:
                i += 1
    return i == length


@native
def str_new(g: Ptr[VM], p: Ptr[u8], length: u32) -> Ptr[GCstr]:
    """The string with these bytes."""
    h = str_hash(g.strseed, p, length)
    s = g.strhash[h & g.strmask]
    while s != None:  # noqa: E711
        if s.hash == h and s.len == length and bytes_equal(p, str_data(s), length):
            if unlikely(g.gc_state == SWEEP):
                revive(g, addr(s))
            return s
        s = s.next
    return str_alloc(g, p, length, h)


@native
def revive(g: Ptr[VM], p: u64) -> None:
    """A string that nothing referred to when marking ended is wanted again, before it was swept."""
    if not is_marked(g, p):
        set_mark(g, p)
        g.gc_dead = g.gc_dead - cell_size(g, p)


@native
def str_alloc(g: Ptr[VM], p: Ptr[u8], length: u32, h: u32) -> Ptr[GCstr]:
    """A string that is not in the table yet."""
    s = Ptr[GCstr](mem_alloc(g, u64(length) + (GCSTR_SIZE + 1)))
    s.gct = GCT_STR
    s.color = 0
    s.reserved = 0
    s.pad = 0
    s.len = length
    s.hash = h
    s.sid = g.strid
    g.strid = g.strid + 1
    data = str_data(s)
    bytes_copy(g, data, p, length)
    data[length] = 0
    chain = g.strhash + (h & g.strmask)
    s.next = chain[0]
    chain[0] = s
    g.strnum = g.strnum + 1
    if unlikely(g.strnum > g.strmask and g.gc_state != SWEEP):
        str_resize(g, g.strmask * 2 + 1)
    return s


@inline
def bytes_copy(g: Ptr[VM], dst: Ptr[u8], src: Ptr[u8], length: u32) -> None:
    """Short copies in line: calling into libc costs more than eight moves."""
    if likely(length <= 64):
        i: u32 = 0
        while i + 8 <= length:
            Ptr[u64](addr(dst) + u64(i))[0] = word_at(src, i)
            i += 8
        while i < length:
            dst[i] = src[i]
            i += 1
    else:
        g.memcpy(dst, src, u64(length))


@native
def str_resize(g: Ptr[VM], mask: u32) -> None:
    """Another size for the table: a power of two, less one."""
    if mask >= 1 << 26:
        return
    old, oldmask = g.strhash, g.strmask
    fresh = Ptr[Ptr[GCstr]](mem_alloc(g, (u64(mask) + 1) * 8))
    g.memset(Ptr[u8](addr(fresh)), 0, (u64(mask) + 1) * 8)
    for i in range(oldmask + 1):
        s = old[i]
        while s != None:  # noqa: E711
            after = s.next
            s.next = fresh[s.hash & mask]
            fresh[s.hash & mask] = s
            s = after
    g.strhash = fresh
    g.strmask = mask
    if addr(old) >= g.heap_first:
        mem_free(g, addr(old), (u64(oldmask) + 1) * 8)


@native
def str_cmp(g: Ptr[VM], a: Ptr[GCstr], b: Ptr[GCstr]) -> i32:
    """Order by unsigned bytes; a prefix comes first."""
    short = a.len if a.len < b.len else b.len
    order = g.memcmp(str_data(a), str_data(b), u64(short))
    if order != 0:
        return order
    if a.len == b.len:
        return 0
    return -1 if a.len < b.len else 1


@native
def buf_need(g: Ptr[VM], size: u64) -> Ptr[u8]:
    """The temporary buffer, with room for `size` bytes and its contents kept."""
    if unlikely(size > g.tmpbuf_size):
        wanted = g.tmpbuf_size * 2
        while wanted < size:
            wanted = wanted * 2
        fresh = Ptr[u8](mem_alloc(g, wanted))
        g.memcpy(fresh, g.tmpbuf, g.tmpbuf_size)
        if addr(g.tmpbuf) >= g.heap_first:
            mem_free(g, addr(g.tmpbuf), g.tmpbuf_size)
        g.tmpbuf = fresh
        g.tmpbuf_size = wanted
    return g.tmpbuf


@native
def num_tostr(g: Ptr[VM], tv: Ptr[TValue]) -> Ptr[GCstr]:
    """The text of a number, as print shows it."""
    text = Ptr[u8](addr(g) + NUMTEXT_OFFSET)
    length = num_text(g, tv.num, text)
    return str_new(g, text, length)


@native
def is_too_long(first: Ptr[TValue], count: u32) -> bool:
    """Would the strings in these slots make one that is too long?"""
    size = u64(0)
    for i in range(count):
        if is_str(first + i):
            size += u64(str_of(first + i).len)
    return size > MAX_STRING


@native
def str_cat(g: Ptr[VM], first: Ptr[TValue], count: u32) -> Ptr[GCstr]:
    """The slots joined: strings, numbers and buffers.

    Null if one is anything else (g.errarg counts it), or all is too long."""
    size = u64(0)
    for i in range(count):
        tv = first + i
        if unlikely(size > MAX_STRING):
            g.errarg = count
            return Ptr[GCstr](u64(0))
        if is_str(tv):
            s = str_of(tv)
            if unlikely(s.len >= LARGE) and is_too_long(first, count):  # Before gigabytes are copied.
                g.errarg = count
                return Ptr[GCstr](u64(0))
            p = buf_need(g, size + u64(s.len) + 8) + size
            bytes_copy(g, p, str_data(s), s.len)
            size += u64(s.len)
        elif is_number(tv):
            p = buf_need(g, size + NUMBER_TEXT) + size
            size += u64(num_text(g, tv.num, p))
        elif is_buffer(tv):
            buf = buffer_of(udata_of(tv))
            length = buffer_size(buf)
            bytes_copy(g, buf_need(g, size + u64(length) + 8) + size, buf.r, length)
            size += u64(length)
        else:
            g.errarg = i
            return Ptr[GCstr](u64(0))
    if size > MAX_STRING:
        g.errarg = count
        return Ptr[GCstr](u64(0))
    return str_new(g, g.tmpbuf, u32(size))
