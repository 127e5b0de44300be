"""string.buffer: strings that are built, taken apart and sent through, without a string for every step.

    b = buffer.new(); b:put("a", 1); b:get(1)       "a"; what is left is "1"

A buffer is userdata; what follows its header, and how that is kept, is in `runtime/sbuf.py`.

Does not do: `reserve`, `commit`, `ref` and `putcdata`, which give out and take addresses as FFI data.
"""

from __future__ import annotations

from ir.objects import UDTYPE_BUFFER, VM, Buffer, GCstr, GCtab, GCudata, State, TValue
from ir.types import TAG_STR, TAG_TAB
from jitvm.interp.dispatch import builtin_upcall
from jitvm.lib.args import (
    arg_error,
    called_tostring,
    check_string,
    check_table,
    int_arg,
    result_bits,
    result_number,
    result_string,
)
from jitvm.lib.base import upvalue_string
from jitvm.lib.string_format import format_all, tostring_args
from jitvm.lib.table import library
from jitvm.native import Ptr, addr, f64, i32, i64, native, u32, u64, unlikely
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import MM_TOSTRING, meta_lookup
from jitvm.runtime.number import NUMBER_TEXT, num_text
from jitvm.runtime.sbuf import sbuf_add, sbuf_free, sbuf_reset, sbuf_room, sbuf_set
from jitvm.runtime.serial import decode_from, decoded, encode_into, encoded
from jitvm.runtime.string import MAX_STRING, str_new
from jitvm.runtime.table import tab_getint, tab_getstr, tab_len
from jitvm.runtime.udata import buffer_of, buffer_size, is_buffer, udata_sized
from jitvm.runtime.value import (
    FALSE,
    UDATA_BITS,
    is_nil,
    is_number,
    is_str,
    is_tab,
    is_udata,
    set_nil,
    set_str,
    str_data,
    str_of,
    tab_of,
    tag_of,
    udata_of,
)

NUMBER = int(Bad.NUMBER)
BUFFER, BUFFER_ITEM, BUFFER_SELF = int(Bad.BUFFER), int(Bad.BUFFER_ITEM), int(Bad.BUFFER_SELF)
BAD_OPTIONS = int(Bad.BUFFER_OPTIONS)
STRING, INT_RANGE, MEMORY = int(Bad.STRING), int(Bad.INT_RANGE), int(Bad.MEMORY)
BUFFER_SIZE = Buffer.sizeof()


@native
def buffer_arg(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> Ptr[GCudata]:
    """The buffer that is the first argument; null if it is anything else."""
    if unlikely(nargs < 1 or not is_buffer(base)):
        arg_error(g, 1, BUFFER)
        return Ptr[GCudata](u64(0))
    return udata_of(base)


@native
def buffer_add_value(g: Ptr[VM], buf: Ptr[Buffer], tv: Ptr[TValue]) -> bool:
    """Appends a string, a number or what another buffer holds; false if there is no memory for it."""
    if is_str(tv):
        done = sbuf_add(g, buf, str_data(str_of(tv)), str_of(tv).len)
    elif is_udata(tv):
        other = buffer_of(udata_of(tv))
        done = sbuf_add(g, buf, other.r, buffer_size(other))
    else:
        to = sbuf_room(g, buf, u64(NUMBER_TEXT))
        done = addr(to) != 0
        if done:
            buf.w = to + num_text(g, tv.num, to)
    if unlikely(not done):
        arg_error(g, 0, MEMORY)
    return done


@native
def size_arg(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> i64:
    """A number of bytes, which a string does not spell; -1 if it is none."""
    if unlikely(arg > nargs or not is_number(base + (arg - 1))):
        return arg_error(g, arg, NUMBER)
    size = i64(int_arg(base, arg))
    if unlikely(size < 0 or size > MAX_STRING):
        return arg_error(g, arg, INT_RANGE)
    return size


# The library.


@library("buffer.method.free")
@native
def lib_buffer_free(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """No contents, and no memory for any."""
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    sbuf_free(g, buffer_of(ud))
    return result_bits(L, base, base.bits)


@library("buffer.method.reset")
@native
def lib_buffer_reset(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    sbuf_reset(g, buffer_of(ud))
    return result_bits(L, base, base.bits)


@library("buffer.method.skip")
@native
def lib_buffer_skip(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    count = size_arg(g, base, nargs, 2)
    if unlikely(count < 0):
        return -1
    buf = buffer_of(ud)
    size = i64(buffer_size(buf))
    buf.r = buf.r + (count if count < size else size)
    return result_bits(L, base, base.bits)


@library("buffer.method.set")
@native
def lib_buffer_set(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """These contents and no others."""
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    if unlikely(nargs < 2 or not is_str(base + 1)):  # A number will not do.
        return arg_error(g, 2, STRING)
    sbuf_set(g, buffer_of(ud), str_of(base + 1))
    return result_bits(L, base, base.bits)


@library("buffer.method.put")
@native
def lib_buffer_put(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    for i in range(1, nargs):
        tv = L.base + i
        if unlikely(not (is_str(tv) or is_number(tv) or is_buffer(tv))):
            if not described(g, L, i, nargs):
                return -1
            tv = L.base + i
        if unlikely(is_udata(tv) and addr(udata_of(tv)) == addr(ud)):
            return arg_error(g, i + 1, BUFFER_SELF)
        if unlikely(not buffer_add_value(g, buffer_of(ud), tv)):
            return -1
    return result_bits(L, L.base, L.base.bits)


@library("buffer.method.putf")
@native
def lib_buffer_putf(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """What string.format makes of the other arguments; Python puts what that gives up, and what fails."""
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud or not check_string(g, base, nargs, 2)):
        return -1
    if unlikely(not tostring_args(g, L, 1, nargs)):
        return -1
    L.top = L.base + nargs
    size = format_all(g, L.base + 1, nargs - 1)
    if unlikely(size > MAX_STRING):
        return builtin_upcall(g, L, L.base, nargs)
    if unlikely(not sbuf_add(g, buffer_of(ud), g.tmpbuf, u32(size))):
        return arg_error(g, 0, MEMORY)
    return result_bits(L, L.base, L.base.bits)


@native
def described(g: Ptr[VM], L: Ptr[State], index: u32, nargs: u32) -> bool:
    """An argument that has a __tostring becomes what that returns; false for an error."""
    mo = meta_lookup(g, L.base + index, MM_TOSTRING)
    if unlikely(is_nil(mo)):
        arg_error(g, index + 1, BUFFER_ITEM)
        return False
    if unlikely(not called_tostring(g, L, mo, index, nargs)):
        return False
    tv = L.base + index
    if unlikely(not (is_str(tv) or is_number(tv) or is_buffer(tv))):
        arg_error(g, index + 1, BUFFER_ITEM)
        return False
    return True


@library("buffer.method.get")
@native
def lib_buffer_get(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """A string for each number of bytes asked for; nil, or nothing, asks for all."""
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    if nargs == 1:
        set_nil(base + 1)
        nargs = 2
    buf = buffer_of(ud)
    for i in range(1, nargs):
        size = buffer_size(buf)
        if not is_nil(base + i):
            wanted = size_arg(g, base, nargs, i + 1)
            if unlikely(wanted < 0):
                return -1
            size = u32(wanted) if wanted < i64(size) else size
        set_str(base + i, str_new(g, buf.r, size))
        buf.r = buf.r + size
    L.top = base + nargs
    return i64(nargs) - 1


@library("buffer.method.__tostring")
@native
def lib_buffer_tostring(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    buf = buffer_of(ud)
    return result_string(L, base, str_new(g, buf.r, buffer_size(buf)))


@library("buffer.method.__len")
@native
def lib_buffer_len(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    return result_number(L, base, f64(buffer_size(buffer_of(ud))))


@native
def take_option(g: Ptr[VM], options: Ptr[TValue], name: Ptr[GCstr], tag: i32) -> bool:
    """Leaves the address of a dictionary in g.tmptv; null if there is none.  False for an error.

    A dictionary may list values of one type, and false."""
    g.tmptv.bits = u64(0)
    found = tab_getstr(g, tab_of(options), name)
    if not is_tab(found):
        return True
    t = tab_of(found)
    for i in range(1, tab_len(g, t) + 1):
        tv = tab_getint(g, t, i32(i))
        if unlikely(tag_of(tv) != tag and tv.bits != FALSE):
            arg_error(g, 0, BAD_OPTIONS)
            return False
    g.tmptv.bits = addr(t)
    return True


@library("buffer.new", b"dict", b"metatable")
@native
def lib_buffer_new(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Both arguments are optional: bytes to have room for, and a table of options."""
    options = base
    size = i64(0)
    if nargs > 0 and not is_tab(base):
        options = base + 1
        if not is_nil(base):
            size = size_arg(g, base, nargs, 1)
            if unlikely(size < 0):
                return -1
    given = u32(options - base) < nargs
    if given and not check_table(g, base, nargs, u32(options - base) + 1):
        return -1
    ud = udata_sized(g, g.buffer_metatable, u64(BUFFER_SIZE))
    ud.udtype = UDTYPE_BUFFER
    buf = buffer_of(ud)
    if given:
        if unlikely(not take_option(g, options, upvalue_string(base, 0), TAG_STR)):
            return -1
        buf.strings = Ptr[GCtab](g.tmptv.bits)
        if unlikely(not take_option(g, options, upvalue_string(base, 1), TAG_TAB)):
            return -1
        buf.metatables = Ptr[GCtab](g.tmptv.bits)
    if size != 0 and unlikely(addr(sbuf_room(g, buf, u64(size))) == 0):
        return arg_error(g, 0, MEMORY)
    return result_bits(L, base, addr(ud) | UDATA_BITS)


# Serialising.  What is not done natively, and every complaint, is Python's affair: the functions of the same
# names in `buffer_py.py`.


@library("buffer.method.encode")
@native
def lib_buffer_encode_into(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if nargs < 2 or not is_buffer(base) or not encode_into(g, buffer_of(udata_of(base)), base + 1):
        return builtin_upcall(g, L, base, nargs)
    return result_bits(L, base, base.bits)


@library("buffer.method.decode")
@native
def lib_buffer_decode_from(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if nargs < 1 or not is_buffer(base):
        return builtin_upcall(g, L, base, nargs)
    buf = buffer_of(udata_of(base))
    behind = decode_from(g, buf, g.tmptv)
    if addr(behind) == 0:
        return builtin_upcall(g, L, base, nargs)
    buf.r = behind
    return result_bits(L, base, g.tmptv.bits)


@library("buffer.encode")
@native
def lib_buffer_encode(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    s = Ptr[GCstr](u64(0))
    if nargs != 0:
        s = encoded(g, base)
    return builtin_upcall(g, L, base, nargs) if addr(s) == 0 else result_string(L, base, s)


@library("buffer.decode")
@native
def lib_buffer_decode(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if nargs < 1 or not is_str(base) or not decoded(g, g.tmptv, str_of(base)):
        return builtin_upcall(g, L, base, nargs)
    return result_bits(L, base, g.tmptv.bits)
