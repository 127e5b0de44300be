"""string.buffer: strings that are built, taken apart and sent through, without a string for every step.

    b = buffer.new(); b:put("a", 1); b:get(1)       "a"; what is left is "1"

A buffer is userdata.  What it holds is a text (`text.py`), and `GCudata.len` counts the bytes of that which
have been taken already.  The text and the dictionaries for serialising stand in a table of the buffer's own,
its environment, which no program gets to see:

    env[1] text or nil      env[2] dictionary of strings or nil      env[3] dictionary of metatables or nil

Does not do: `reserve`, `commit`, `ref` and `putcdata`, which give out and take addresses as FFI data.
"""

from __future__ import annotations

from ir.objects import UDTYPE_BUFFER, VM, GCstr, GCudata, State, TValue
from ir.types import TAG_STR, TAG_TAB
from jitvm.lib.args import (
    arg_error,
    check_number,
    check_table,
    int_arg,
    result_bits,
    result_number,
    result_string,
)
from jitvm.lib.base import upvalue_string
from jitvm.lib.table import library
from jitvm.lib.text import text_begin, text_room
from jitvm.native import Ptr, addr, f64, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import mem_fits
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.callback import call_lua
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import MM_TOSTRING, meta_lookup
from jitvm.runtime.number import NUMBER_TEXT, num_text
from jitvm.runtime.state import stack_grow
from jitvm.runtime.string import MAX_STRING, bytes_copy, str_new
from jitvm.runtime.table import tab_getint, tab_getstr, tab_len, tab_new
from jitvm.runtime.udata import udata_new
from jitvm.runtime.value import (
    FALSE,
    UDATA_BITS,
    copy,
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

BUFFER, BUFFER_ITEM, BUFFER_SELF = int(Bad.BUFFER), int(Bad.BUFFER_ITEM), int(Bad.BUFFER_SELF)
BAD_OPTIONS = int(Bad.BUFFER_OPTIONS)
STRING, INT_RANGE, MEMORY, STACK_OVERFLOW = (
    int(Bad.STRING), int(Bad.INT_RANGE), int(Bad.MEMORY), int(Bad.STACK_OVERFLOW)
)  # fmt: skip
#: Indices in the environment, and its slots.
TEXT, STRINGS, METATABLES, SLOTS = 1, 2, 3, 4
#: Bytes a new text has room for, at least.
SMALLEST = 40
#: Slots for a call on top of the arguments.
CALL_ROOM = 24


@inline
def is_buffer(tv: Ptr[TValue]) -> bool:
    return is_udata(tv) and udata_of(tv).udtype == UDTYPE_BUFFER


@native
def buffer_arg(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> Ptr[GCudata]:
    """The buffer that is the first argument; null if it is anything else."""
    if unlikely(nargs < 1 or not is_buffer(base)):
        arg_error(g, 1, BUFFER)
        return Ptr[GCudata](u64(0))
    return udata_of(base)


@inline
def text_slot(ud: Ptr[GCudata]) -> Ptr[TValue]:
    return ud.env.array + TEXT


@native
def buffer_size(ud: Ptr[GCudata]) -> u32:
    """How many bytes there are to get."""
    slot = text_slot(ud)
    return u32(0) if is_nil(slot) else str_of(slot).len - ud.len


@native
def buffer_data(ud: Ptr[GCudata]) -> Ptr[u8]:
    """Where they are, if there are any."""
    return str_data(str_of(text_slot(ud))) + ud.len


@native
def buffer_room(g: Ptr[VM], ud: Ptr[GCudata], more: u64) -> Ptr[u8]:
    """Where the next `more` bytes go; null if they do not fit.  Bytes that were taken make room."""
    slot = text_slot(ud)
    if is_nil(slot):
        if unlikely(more > MAX_STRING or not mem_fits(g, more)):
            return Ptr[u8](u64(0))
        text_begin(g, slot, more if more > SMALLEST else u64(SMALLEST))
    s = str_of(slot)
    taken = ud.len
    if taken != 0 and (taken == s.len or u64(s.len) + more > u64(s.hash)):
        g.memmove(str_data(s), str_data(s) + taken, u64(s.len - taken))
        s.len = s.len - taken
        ud.len = 0
    wanted = u64(s.len) + more
    if unlikely(wanted > MAX_STRING or wanted > u64(s.hash) and not mem_fits(g, wanted * 2)):
        return Ptr[u8](u64(0))
    p = text_room(g, slot, more)
    barrier_back(g, ud.env)
    return p


@native
def buffer_filled(ud: Ptr[GCudata], count: u32) -> None:
    """So many bytes were written to where `buffer_room` said."""
    s = str_of(text_slot(ud))
    s.len = s.len + count


@native
def buffer_add(g: Ptr[VM], ud: Ptr[GCudata], p: Ptr[u8], count: u32) -> bool:
    """Appends bytes; false if there is no memory for them."""
    to = buffer_room(g, ud, u64(count) + 8)
    if unlikely(addr(to) == 0):
        arg_error(g, 0, MEMORY)
        return False
    bytes_copy(g, to, p, count)
    buffer_filled(ud, count)
    return True


@native
def buffer_add_value(g: Ptr[VM], ud: Ptr[GCudata], tv: Ptr[TValue]) -> bool:
    """Appends a string, a number or what another buffer holds."""
    if is_str(tv):
        return buffer_add(g, ud, str_data(str_of(tv)), str_of(tv).len)
    if is_udata(tv):
        size = buffer_size(udata_of(tv))
        return size == 0 or buffer_add(g, ud, buffer_data(udata_of(tv)), size)
    to = buffer_room(g, ud, u64(NUMBER_TEXT))
    if unlikely(addr(to) == 0):
        arg_error(g, 0, MEMORY)
        return False
    x = tv.num
    buffer_filled(ud, num_text(g, x, to))
    return True


@native
def size_arg(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> i64:
    """A number of bytes; -1 if it is none."""
    if unlikely(not check_number(g, base, nargs, arg)):
        return -1
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
    set_nil(text_slot(ud))
    ud.len = 0
    return result_bits(L, base, base.bits)


@library("buffer.method.reset")
@native
def lib_buffer_reset(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    if not is_nil(text_slot(ud)):
        str_of(text_slot(ud)).len = 0
    ud.len = 0
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
    size = buffer_size(ud)
    ud.len = ud.len + (u32(count) if count < i64(size) else size)
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
    set_nil(text_slot(ud))
    ud.len = 0
    if unlikely(not buffer_add_value(g, ud, base + 1)):
        return -1
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
        if unlikely(not buffer_add_value(g, ud, tv)):
            return -1
    return result_bits(L, L.base, L.base.bits)


@native
def described(g: Ptr[VM], L: Ptr[State], index: u32, nargs: u32) -> bool:
    """An argument that has a __tostring becomes what that returns; false for an error."""
    mo = meta_lookup(g, L.base + index, MM_TOSTRING)
    if unlikely(is_nil(mo)):
        arg_error(g, index + 1, BUFFER_ITEM)
        return False
    if unlikely(L.base + (nargs + CALL_ROOM) > L.maxstack):
        if stack_grow(g, L, nargs + CALL_ROOM) != 0:
            arg_error(g, 0, STACK_OVERFLOW)
            return False
    slot = L.base + nargs
    copy(slot, mo)
    copy(slot + 2, L.base + index)
    count = call_lua(g, L, slot, 1)
    if unlikely(count < 0):
        return False
    tv = L.base + index
    if count == 0:
        set_nil(tv)
    else:
        copy(tv, L.top - count)
    L.top = L.base + nargs
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
    for i in range(1, nargs):
        size = buffer_size(ud)
        if not is_nil(base + i):
            wanted = size_arg(g, base, nargs, i + 1)
            if unlikely(wanted < 0):
                return -1
            size = u32(wanted) if wanted < i64(size) else size
        if size == 0:
            set_str(base + i, g.stremptyz)
        else:
            set_str(base + i, str_new(g, buffer_data(ud), size))
            ud.len = ud.len + size
    L.top = base + nargs
    return i64(nargs) - 1


@library("buffer.method.__tostring")
@native
def lib_buffer_tostring(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    size = buffer_size(ud)
    return result_string(L, base, g.stremptyz if size == 0 else str_new(g, buffer_data(ud), size))


@library("buffer.method.__len")
@native
def lib_buffer_len(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    ud = buffer_arg(g, base, nargs)
    if unlikely(not ud):
        return -1
    return result_number(L, base, f64(buffer_size(ud)))


@native
def take_option(g: Ptr[VM], slot: Ptr[TValue], options: Ptr[TValue], name: Ptr[GCstr], tag: i32) -> bool:
    """Keeps a dictionary, if there is one; it may list values of one type, and false.  False for an error."""
    found = tab_getstr(g, tab_of(options), name)
    if not is_tab(found):
        return True
    copy(slot, found)
    t = tab_of(found)
    for i in range(1, tab_len(g, t) + 1):
        tv = tab_getint(g, t, i32(i))
        if unlikely(tag_of(tv) != tag and tv.bits != FALSE):
            arg_error(g, 0, BAD_OPTIONS)
            return False
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
    ud = udata_new(g, g.buffer_metatable)
    ud.udtype = UDTYPE_BUFFER
    ud.env = tab_new(g, u32(SLOTS), u32(0))
    if given:
        slots = ud.env.array
        if unlikely(not take_option(g, slots + STRINGS, options, upvalue_string(base, 0), TAG_STR)):
            return -1
        if unlikely(not take_option(g, slots + METATABLES, options, upvalue_string(base, 1), TAG_TAB)):
            return -1
        barrier_back(g, ud.env)
    if size != 0 and unlikely(addr(buffer_room(g, ud, u64(size))) == 0):
        return arg_error(g, 0, MEMORY)
    return result_bits(L, base, addr(ud) | UDATA_BITS)
