"""Native functions that traces call: one per available row of `ir/calls.py`, named `trace_` and the row's
symbol.

All take the VM first and none ever throws: a null result makes the trace leave through a guard, and the
interpreter redoes the bytecode and raises the error.  The collector does not run in them; a trace asks for it
at the head of its loop.

Strings are built in `g.tmpbuf`, `g.buf_length` bytes so far.  The buffer argument of the calls is the VM
again: there is one buffer, and the chain of operations on it is what orders them.
"""

from __future__ import annotations

from ir.calls import CALL_NUMBERS
from ir.layout import offset_of
from ir.objects import VM, GCstr, GCtab, TValue
from jitvm.lib.format_items import INT, KIND_MASK, UPPER
from jitvm.native import Ptr, addr, bits, f64, i32, i64, imod, inline, likely, native, u8, u32, u64, unlikely
from jitvm.runtime.number import num_text, str_tonum
from jitvm.runtime.prng import prng_above_one
from jitvm.runtime.strfmt import (
    GIVE_UP,
    LETTER_D,
    NO_TEXT,
    format_char,
    format_int,
    format_number,
    format_quoted,
    format_unsigned,
    put_elements,
    put_slice,
)
from jitvm.runtime.string import (
    MAX_STRING,
    NUMBER_TEXT,
    buf_need,
    bytes_copy,
    num_tostr,
    str_cmp,
    str_data,
    str_new,
)
from jitvm.runtime.table import (
    tab_clear,
    tab_dup,
    tab_iterate,
    tab_keyindex,
    tab_len,
    tab_new,
    tab_newkey,
)
from jitvm.runtime.tabsize import MAX_ASIZE, MAX_HBITS
from jitvm.runtime.upcalls import UPCALL_FORMAT
from jitvm.runtime.value import NIL

TMPTV_OFFSET = offset_of(VM, "tmptv")
PUTFXINT, PUTFNUM_INT, PUTFNUM_UINT, PUTFNUM = (
    CALL_NUMBERS[f"lj_strfmt_put{name}"] for name in ("fxint", "fnum_int", "fnum_uint", "fnum")
)
#: Letters of string.format's directives by the variant in their number, the first in the lowest byte.
UNSIGNED_LETTERS, DOUBLE_LETTERS = (int.from_bytes(letters, "little") for letters in (b"uxo", b"aefg"))


@native
def trace_str_cmp(g: Ptr[VM], a: Ptr[GCstr], b: Ptr[GCstr]) -> i32:
    return str_cmp(g, a, b)


@native
def trace_str_find(g: Ptr[VM], p: Ptr[u8], text: Ptr[u8], size: i32, length: i32) -> Ptr[u8]:
    """The first place in `size` bytes where plain text stands; null if there is none."""
    if length == 0:
        return p
    if length > size:
        return Ptr[u8](u64(0))
    return Ptr[u8](g.memmem(p, u64(size), text, u64(length)))


@native
def trace_str_new(g: Ptr[VM], p: Ptr[u8], length: i32) -> Ptr[GCstr]:
    return str_new(g, p, u32(length))


@native
def trace_str_char(g: Ptr[VM], c: i32) -> Ptr[GCstr]:
    """The string of one byte."""
    p = Ptr[u8](addr(g) + TMPTV_OFFSET)  # Not in the buffer, where a string may be in the making.
    p[0] = u32(c)
    return str_new(g, p, u32(1))


@native
def trace_num_tostr(g: Ptr[VM], tv: Ptr[TValue]) -> Ptr[GCstr]:
    return num_tostr(g, tv)


@native
def trace_str_tonum(g: Ptr[VM], s: Ptr[GCstr], out: Ptr[TValue]) -> i32:
    return i32(str_tonum(g, s, out))


@native
def trace_tab_len(g: Ptr[VM], t: Ptr[GCtab]) -> i32:
    return i32(tab_len(g, t))


@native
def trace_tab_len_hint(g: Ptr[VM], t: Ptr[GCtab], hint: i32) -> i32:
    return i32(tab_len(g, t))


@native
def trace_tab_new_ah(g: Ptr[VM], asize: i32, hsize: i32) -> Ptr[GCtab]:
    """From sizes in elements, as table.new takes them; null if they are too large."""
    if unlikely(asize >= MAX_ASIZE or u32(hsize) > 1 << MAX_HBITS):
        return Ptr[GCtab](u64(0))
    hbits = u32(0)
    while i32(u32(1) << hbits) < hsize:
        hbits = hbits + 1
    if hsize != 0 and hbits == 0:
        hbits = u32(1)
    return tab_new(g, u32(asize + 1) if asize > 0 else 0, hbits)


@native
def trace_tab_dup(g: Ptr[VM], t: Ptr[GCtab]) -> Ptr[GCtab]:
    return tab_dup(g, t)


@native
def trace_tab_clear(g: Ptr[VM], t: Ptr[GCtab]) -> None:
    tab_clear(t)


@native
def trace_tab_newkey(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    return tab_newkey(g, t, key)


@native
def trace_tab_keyindex(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> i32:
    return i32(tab_keyindex(t, key))


@native
def trace_vm_next(g: Ptr[VM], t: Ptr[GCtab], index: i32) -> Ptr[TValue]:
    """One step of a traversal: value, then key, at the address returned; the next index in g.next_index."""
    result = Ptr[TValue](addr(g.next_slots))
    result.bits = NIL
    (result + 1).bits = NIL
    g.next_index = i64(-1)
    if index != -1:
        following = tab_iterate(t, u32(index), result + 1)
        g.next_index = i64(following)
        if following != 0:
            result.bits = (result + 2).bits
    return result


@native
def trace_vm_modi(g: Ptr[VM], a: i32, b: i32) -> i32:
    """Lua's % on integers: the sign of the divisor.  b is not 0."""
    if b == -1:
        return i32(0)
    rest = imod(a, b)
    if rest != 0 and (rest ^ b) < 0:
        rest = rest + b
    return rest


@native
def trace_vm_log2(g: Ptr[VM], x: f64) -> f64:
    return g.log2(x)


@native
def trace_prng_u64d(g: Ptr[VM], state: Ptr[u64]) -> f64:
    """A random number in [1, 2); the trace subtracts 1.  There is one state, the VM's."""
    return prng_above_one(g)


@native
def trace_buf_reset(g: Ptr[VM]) -> i32:
    g.buf_length = u64(0)
    return i32(0)


@native
def buf_room(g: Ptr[VM], size: u64) -> Ptr[u8]:
    """Where the next `size` bytes go; they count as written."""
    start = g.buf_length
    g.buf_length = start + size
    return buf_need(g, start + size) + i64(start)


@native
def trace_buf_putstr(g: Ptr[VM], s: Ptr[GCstr]) -> i32:
    bytes_copy(g, buf_room(g, u64(s.len)), str_data(s), s.len)
    return i32(0)


@native
def trace_buf_putbytes(g: Ptr[VM], p: Ptr[u8], size: i32) -> i32:
    bytes_copy(g, buf_room(g, u64(u32(size))), p, u32(size))
    return i32(0)


@native
def trace_buf_putchar(g: Ptr[VM], c: i32) -> i32:
    buf_room(g, u64(1))[0] = u32(c)
    return i32(0)


@native
def trace_buf_putnum(g: Ptr[VM], x: f64) -> i32:
    start = g.buf_length
    text = buf_need(g, start + NUMBER_TEXT) + i64(start)
    g.buf_length = start + u64(num_text(g, x, text))
    return i32(0)


@native
def trace_buf_tostr(g: Ptr[VM]) -> Ptr[GCstr]:
    """The string; null if it is too long."""
    if unlikely(g.buf_length > MAX_STRING):
        g.buf_length = u64(0)
        return Ptr[GCstr](u64(0))
    return str_new(g, g.tmpbuf, u32(g.buf_length))


@native
def trace_buf_putstr_reverse(g: Ptr[VM], buf: Ptr[VM], s: Ptr[GCstr]) -> Ptr[VM]:
    n = i32(s.len)
    out = buf_room(g, u64(s.len))
    data = str_data(s)
    for i in range(n):
        out[i] = data[n - 1 - i]
    return buf


@native
def trace_buf_putstr_lower(g: Ptr[VM], buf: Ptr[VM], s: Ptr[GCstr]) -> Ptr[VM]:
    out = buf_room(g, u64(s.len))
    data = str_data(s)
    for i in range(i32(s.len)):
        c = data[i]
        out[i] = c + 32 if u32(c - 65) < 26 else c
    return buf


@native
def trace_buf_putstr_upper(g: Ptr[VM], buf: Ptr[VM], s: Ptr[GCstr]) -> Ptr[VM]:
    out = buf_room(g, u64(s.len))
    data = str_data(s)
    for i in range(i32(s.len)):
        c = data[i]
        out[i] = c - 32 if u32(c - 97) < 26 else c
    return buf


@native
def trace_buf_putstr_rep(g: Ptr[VM], buf: Ptr[VM], s: Ptr[GCstr], count: i32) -> Ptr[VM]:
    """`count` copies; none is copied if the result would be too long, which the final string notices."""
    if count <= 0:
        return buf
    total = u64(s.len) * u64(count)
    if total > MAX_STRING:
        g.buf_length = u64(MAX_STRING) + 1
        return buf
    for _ in range(count):
        bytes_copy(g, buf_room(g, u64(s.len)), str_data(s), s.len)
    return buf


@native
def trace_buf_puttab(
    g: Ptr[VM], buf: Ptr[VM], t: Ptr[GCtab], between: Ptr[GCstr], first: i32, last: i32
) -> Ptr[VM]:
    """What table.concat puts; no separator: null.  Null if an element is no text."""
    separator = between if addr(between) != 0 else g.stremptyz
    size = put_elements(g, t, separator, first, last, g.buf_length)
    if unlikely(size & NO_TEXT != 0):
        return Ptr[VM](u64(0))
    g.buf_length = size
    return buf


@inline
def spec_of(directive: i32) -> u32:
    """What stands between % and the letter, from LuaJIT's number for a directive."""
    return u32(directive) >> 8 & ~u32(UPPER >> 8)


@inline
def letter_of(directive: i32, letters: u32) -> u32:
    """Which of up to four letters, each a byte, a directive's number asks for; capital if it says so."""
    letter = letters >> ((u32(directive) >> 4 & 3) * 8) & 0xFF
    return letter - 32 if u32(directive) & UPPER else letter


@native
def put_formatted(g: Ptr[VM], size: u64, call: u64, directive: i32, item: u64) -> Ptr[VM]:
    """An item has been put, and so long is the result; or Python puts it.  Null if memory runs out."""
    if likely(size != GIVE_UP):
        g.buf_length = size
        return g
    text = g.upcall(UPCALL_FORMAT, call, u64(directive), item)
    if unlikely(text <= 0):
        return Ptr[VM](u64(0))
    trace_buf_putstr(g, Ptr[GCstr](u64(text)))
    return g


@native
def trace_strfmt_putfxint(g: Ptr[VM], buf: Ptr[VM], directive: i32, x: u64) -> Ptr[VM]:
    spec = spec_of(directive)
    if u32(directive) & KIND_MASK == INT:
        return put_formatted(g, format_int(g, i64(x), spec, g.buf_length), PUTFXINT, directive, x)
    letter = letter_of(directive, UNSIGNED_LETTERS)
    return put_formatted(g, format_unsigned(g, x, letter, spec, g.buf_length), PUTFXINT, directive, x)


@native
def trace_strfmt_putfnum_int(g: Ptr[VM], buf: Ptr[VM], directive: i32, x: f64) -> Ptr[VM]:
    size = format_number(g, x, LETTER_D, spec_of(directive), g.buf_length)
    return put_formatted(g, size, PUTFNUM_INT, directive, bits(x))


@native
def trace_strfmt_putfnum_uint(g: Ptr[VM], buf: Ptr[VM], directive: i32, x: f64) -> Ptr[VM]:
    letter = letter_of(directive, UNSIGNED_LETTERS)
    size = format_number(g, x, letter, spec_of(directive), g.buf_length)
    return put_formatted(g, size, PUTFNUM_UINT, directive, bits(x))


@native
def trace_strfmt_putfnum(g: Ptr[VM], buf: Ptr[VM], directive: i32, x: f64) -> Ptr[VM]:
    letter = letter_of(directive, DOUBLE_LETTERS)
    size = format_number(g, x, letter, spec_of(directive), g.buf_length)
    return put_formatted(g, size, PUTFNUM, directive, bits(x))


@native
def trace_strfmt_putfstr(g: Ptr[VM], buf: Ptr[VM], directive: i32, s: Ptr[GCstr]) -> Ptr[VM]:
    g.buf_length = put_slice(g, str_data(s), s.len, spec_of(directive), g.buf_length)
    return g


@native
def trace_strfmt_putquoted(g: Ptr[VM], buf: Ptr[VM], s: Ptr[GCstr]) -> Ptr[VM]:
    g.buf_length = format_quoted(g, s, g.buf_length)
    return g


@native
def trace_strfmt_putfchar(g: Ptr[VM], buf: Ptr[VM], directive: i32, c: i32) -> Ptr[VM]:
    g.buf_length = format_char(g, u32(c), spec_of(directive), g.buf_length)
    return g


@native
def trace_fputc(g: Ptr[VM], c: i32, stream: u64) -> i32:
    """Like `fputc`, without taking the lock of the stream."""
    text = Ptr[u8](addr(g) + TMPTV_OFFSET)
    text[0] = u32(c)
    if unlikely(g.fwrite_unlocked(text, u64(1), u64(1), stream) != u64(1)):
        return -1
    return c


@native
def trace_fwrite(g: Ptr[VM], data: Ptr[u8], size: i32, count: i32, stream: u64) -> i32:
    return i32(g.fwrite_unlocked(data, u64(size), u64(count), stream))


@native
def trace_fflush(g: Ptr[VM], stream: u64) -> i32:
    return g.fflush_unlocked(stream)
