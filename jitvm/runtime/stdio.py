"""Files are streams of the C library: what io and print do to them natively.

    stream = ud.file                        a FILE*, 0 once it is closed
    stream_write(g, stream, tv)             a string, or the text of a number
    read_line(g, stream, out, 1)            a line without its end, into the slot `out`

Buffering, modes and text conversion are the C library's, as in LuaJIT, so that what a program reads and
writes through several files comes in the same order.  The streams are not locked: a file belongs to one
runtime.

Invariants: a FILE* is closed only through Python (`files.py`), which sets `ud.file` to 0.
"""

from __future__ import annotations

from ir.objects import UDTYPE_IO_FILE, VM, GCstr, GCudata, TValue
from jitvm.native import Ptr, addr, i32, native, u8, u32, u64
from jitvm.runtime.number import NUMBER_TEXT, num_text
from jitvm.runtime.string import MAX_STRING, buf_need, str_new
from jitvm.runtime.udata import buffer_of, buffer_size, is_buffer, udata_new
from jitvm.runtime.value import is_str, set_nil, set_str, str_data, str_of, udata_of

#: Room for a line to begin with, and the piece that large reads are made of.
BUFFER = 8192
#: A buffer with less room than this doubles.
LEAST_ROOM = 64
NEWLINE = ord("\n")
#: `GCudata.len` of a file: its kind.  Pipes and standard files are closed differently.
KIND_FILE, KIND_PIPE, KIND_STANDARD = 0, 1, 2
#: Or-ed to the kind: the iterator of io.lines closes the file at its end.
CLOSE_AT_END = 4


assert NUMBER_TEXT <= BUFFER


@native
def file_new(g: Ptr[VM], stream: u64, kind: u32) -> Ptr[GCudata]:
    """A file object of an open stream."""
    ud = udata_new(g, g.io_metatable)
    ud.udtype = UDTYPE_IO_FILE
    ud.len = kind
    ud.finalized = 1 if kind == KIND_STANDARD else 0  # Those stay open.
    ud.file = stream
    return ud


@native
def stream_write(g: Ptr[VM], stream: u64, tv: Ptr[TValue]) -> bool:
    """Writes a string, a number or what a buffer holds; was it written?"""
    if is_str(tv):
        s = str_of(tv)
        return g.fwrite_unlocked(str_data(s), u64(1), u64(s.len), stream) == u64(s.len)
    if is_buffer(tv):
        buf = buffer_of(udata_of(tv))
        size = u64(buffer_size(buf))
        return g.fwrite_unlocked(buf.r, u64(1), size, stream) == size
    text = buf_need(g, u64(NUMBER_TEXT))
    length = u64(num_text(g, tv.num, text))
    return g.fwrite_unlocked(text, u64(1), length, stream) == length


@native
def stream_put(g: Ptr[VM], stream: u64, c: u32) -> None:
    """Writes one byte."""
    text = buf_need(g, u64(1))
    text[0] = c
    g.fwrite_unlocked(text, u64(1), u64(1), stream)


@native
def read_line(g: Ptr[VM], stream: u64, out: Ptr[TValue], chop: u32) -> bool:
    """A line; `chop`: without its newline.  False if there is none."""
    room = u64(BUFFER)
    n = u64(0)
    found = False
    buf = buf_need(g, room)
    while g.fgets_unlocked(buf + n, i32(room - n), stream) != 0:
        n += g.strlen(buf + n)
        found = found or n != 0
        if n != 0 and buf[n - 1] == NEWLINE:
            n -= u64(chop)
            break
        if n >= room - LEAST_ROOM:
            room = room * 2
            buf = buf_need(g, room)
    return give_text(g, out, n) and found


@native
def read_all(g: Ptr[VM], stream: u64, out: Ptr[TValue], limit: u64) -> u64:
    """What is left of a file, up to `limit` bytes; how many."""
    room = u64(BUFFER)
    n = u64(0)
    while True:
        if room > limit:
            room = limit
        buf = buf_need(g, room)
        n += g.fread_unlocked(buf + n, u64(1), room - n, stream)
        if n < room or room == limit:
            break
        room = room * 2
    give_text(g, out, n)
    return n


@native
def give_text(g: Ptr[VM], out: Ptr[TValue], n: u64) -> bool:
    """The first `n` bytes of the buffer as a string."""
    set_str(out, str_new(g, g.tmpbuf, u32(n)))
    return True


@native
def read_ahead(g: Ptr[VM], stream: u64, out: Ptr[TValue]) -> bool:
    """The empty string, if there is anything to read."""
    c = g.fgetc_unlocked(stream)
    g.ungetc(c, stream)
    set_str(out, Ptr[GCstr](addr(g.stremptyz)))
    return c >= 0


@native
def read_number(g: Ptr[VM], stream: u64, out: Ptr[TValue]) -> bool:
    """A number as C's scanf reads it."""
    if g.fscanf(stream, g.scan_number, Ptr[u8](addr(g.tmptv))) == 1:
        out.bits = g.tmptv.bits
        return True
    set_nil(out)
    return False


#: What a file may be asked for at once.
READ_LIMIT = MAX_STRING
