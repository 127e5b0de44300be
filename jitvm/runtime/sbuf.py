"""Buffers, below string.buffer: bytes that are put at one end and taken at the other.

    buf = buffer_of(ud)
    to = sbuf_room(g, buf, 10)      where ten bytes may be written; null if they do not fit
    buf.w = to + 10

What is there stands from `r` to `w`, in memory from `b` to `e`; an empty buffer may have no memory, and all
of them null.  The contents of a string are taken over as they are, without a copy (`sbuf_set`): then `l` has
BUFFER_COW and `ref` the string, and whoever writes gets other memory first.

Traces read and write these fields by themselves, as LuaJIT's do: `reset`, `skip`, `get` and lengths need no
call.  The natives named `trace_*` are what they call.  None of them throws; see `tracecalls.py`.

Invariants: b <= r <= w <= e.  The memory is a cell of its own, which nothing else refers to; it is freed when
the buffer gets larger memory.
"""

from __future__ import annotations

from ir.objects import BUFFER_COW, VM, Buffer, GCObject, GCstr
from jitvm.native import Ptr, addr, f64, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import mem_alloc, mem_fits, mem_free
from jitvm.runtime.barrier import gc_barrier
from jitvm.runtime.number import NUMBER_TEXT, num_text
from jitvm.runtime.string import MAX_STRING, bytes_copy
from jitvm.runtime.udata import GCUDATA_SIZE, buffer_size
from jitvm.runtime.value import str_data

#: Bytes a buffer has memory for, at least.
SMALLEST = 64


@inline
def is_borrowed(buf: Ptr[Buffer]) -> bool:
    return buf.l & BUFFER_COW != 0


@native
def sbuf_room(g: Ptr[VM], buf: Ptr[Buffer], more: u64) -> Ptr[u8]:
    """Where the next `more` bytes go; null if there is no memory for them, or they are too many."""
    if addr(buf.e) - addr(buf.w) >= more:
        return buf.w
    size = u64(buffer_size(buf))
    wanted = size + more
    room = u64(0) if is_borrowed(buf) else addr(buf.e) - addr(buf.b)
    if wanted <= room >> 1:  # Bytes that were taken make room.
        g.memmove(buf.b, buf.r, size)
        sbuf_place(buf, buf.b, size, room)
        return buf.w
    if unlikely(wanted > MAX_STRING):
        return Ptr[u8](u64(0))
    larger = room * 2 if room > SMALLEST // 2 else u64(SMALLEST)
    while larger < wanted:
        larger = larger * 2
    if unlikely(not mem_fits(g, larger)):
        return Ptr[u8](u64(0))
    fresh = Ptr[u8](mem_alloc(g, larger))
    bytes_copy(g, fresh, buf.r, u32(size))
    sbuf_free(g, buf)
    sbuf_place(buf, fresh, size, larger)
    gc_barrier(g, Ptr[GCObject](addr(buf) - GCUDATA_SIZE))
    return buf.w


@native
def sbuf_place(buf: Ptr[Buffer], b: Ptr[u8], size: u64, room: u64) -> None:
    """The contents are at the start of this memory."""
    buf.b = b
    buf.r = b
    buf.w = b + i64(size)
    buf.e = b + i64(room)


@native
def sbuf_free(g: Ptr[VM], buf: Ptr[Buffer]) -> None:
    """No contents, and no memory."""
    if addr(buf.b) != 0 and not is_borrowed(buf):
        mem_free(g, addr(buf.b), addr(buf.e) - addr(buf.b))
    buf.l = u64(0)
    buf.ref = Ptr[GCstr](u64(0))
    sbuf_place(buf, Ptr[u8](u64(0)), u64(0), u64(0))


@native
def sbuf_reset(g: Ptr[VM], buf: Ptr[Buffer]) -> None:
    """No contents; the memory stays, if it is the buffer's own."""
    if is_borrowed(buf):
        sbuf_free(g, buf)
    else:
        buf.r = buf.b
        buf.w = buf.b


@native
def sbuf_set(g: Ptr[VM], buf: Ptr[Buffer], s: Ptr[GCstr]) -> None:
    """The contents of a string, and no others."""
    sbuf_free(g, buf)
    buf.l = u64(BUFFER_COW)
    buf.ref = s
    sbuf_place(buf, str_data(s), u64(s.len), u64(s.len))
    gc_barrier(g, Ptr[GCObject](addr(buf) - GCUDATA_SIZE))


@native
def sbuf_add(g: Ptr[VM], buf: Ptr[Buffer], p: Ptr[u8], size: u32) -> bool:
    """Appends bytes; false if there is no memory for them."""
    to = sbuf_room(g, buf, u64(size))
    if unlikely(addr(to) == 0 and size != 0):
        return False
    bytes_copy(g, to, p, size)
    buf.w = to + size
    return True


# Called by traces.


@native
def trace_sbuf_putstr(g: Ptr[VM], buf: Ptr[Buffer], s: Ptr[GCstr]) -> Ptr[Buffer]:
    """BUFPUT to a buffer of the program's."""
    return buf if sbuf_add(g, buf, str_data(s), s.len) else Ptr[Buffer](u64(0))


@native
def trace_sbuf_putbytes(g: Ptr[VM], buf: Ptr[Buffer], p: Ptr[u8], size: i32) -> Ptr[Buffer]:
    return buf if sbuf_add(g, buf, p, u32(size)) else Ptr[Buffer](u64(0))


@native
def trace_buf_putmem(g: Ptr[VM], buf: Ptr[Buffer], p: Ptr[u8], size: i32) -> Ptr[Buffer]:
    return trace_sbuf_putbytes(g, buf, p, size)


@native
def trace_sbuf_putchar(g: Ptr[VM], buf: Ptr[Buffer], c: i32) -> Ptr[Buffer]:
    to = sbuf_room(g, buf, u64(1))
    if unlikely(addr(to) == 0):
        return Ptr[Buffer](u64(0))
    to[0] = u32(c)
    buf.w = to + 1
    return buf


@native
def trace_sbuf_putnum(g: Ptr[VM], buf: Ptr[Buffer], x: f64) -> Ptr[Buffer]:
    to = sbuf_room(g, buf, u64(NUMBER_TEXT))
    if unlikely(addr(to) == 0):
        return Ptr[Buffer](u64(0))
    buf.w = to + num_text(g, x, to)
    return buf


@native
def trace_sbuf_take(g: Ptr[VM], buf: Ptr[Buffer], start: u64) -> Ptr[Buffer]:
    """What has just been put to the VM's own buffer, behind `start`, belongs here."""
    if unlikely(g.buf_length > MAX_STRING):
        g.buf_length = u64(0)
        return Ptr[Buffer](u64(0))
    size = u32(g.buf_length - start)
    g.buf_length = start
    return buf if sbuf_add(g, buf, g.tmpbuf + i64(start), size) else Ptr[Buffer](u64(0))


@native
def trace_bufx_set(g: Ptr[VM], buf: Ptr[Buffer], p: Ptr[u8], size: i32, s: Ptr[GCstr]) -> None:
    sbuf_set(g, buf, s)
