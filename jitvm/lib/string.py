"""string.*: the natives that need neither patterns nor formats.

Positions count from 1, negative ones from the end; what lies outside is cut off.
"""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import (
    arg_error,
    check_number,
    check_string,
    int_arg,
    is_absent,
    result_string,
)
from jitvm.lib.table import library, lua_library
from jitvm.native import Ptr, f64, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import mem_fits
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.state import stack_grow
from jitvm.runtime.string import MAX_STRING, buf_need, bytes_copy, str_new
from jitvm.runtime.value import set_number, str_data, str_of

INVALID_VALUE, OVERFLOW, SLICE_TOO_LONG = int(Bad.INVALID_VALUE), int(Bad.STRING_OVERFLOW), int(Bad.SLICE)
UPPER_A, UPPER_Z, LOWER_A, LOWER_Z = ord("A"), ord("Z"), ord("a"), ord("z")
#: Slots that are free above the arguments of any builtin.
FREE_SLOTS = 20
MAX_RESULTS = 8000  # LUAI_MAXCSTACK


@inline
def start_of(position: i32, length: i32) -> i32:
    """A start position, from 1 on."""
    at = position + length + 1 if position < 0 else position
    return at if at > 0 else 1


@inline
def end_of(position: i32, length: i32) -> i32:
    """An end position, at most the length."""
    at = position + length + 1 if position < 0 else position
    return at if at < length else length


lua_library("string.len", "return function(s) CHECK_str(s) return #s end")


@library("string.sub")
@native
def lib_string_sub(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1) or not check_number(g, base, nargs, 2)):
        return -1
    s = str_of(base)
    length = i32(s.len)
    end: i32 = -1
    if not is_absent(base, nargs, 3):
        if unlikely(not check_number(g, base, nargs, 3)):
            return -1
        end = int_arg(base, 3)
    first = start_of(int_arg(base, 2), length)
    last = end_of(end, length)
    if first > last:
        return result_string(L, base, g.stremptyz)
    return result_string(L, base, str_new(g, str_data(s) + (first - 1), u32(last - first + 1)))


@library("string.byte")
@native
def lib_string_byte(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The codes of the bytes i .. j, as many results."""
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    s = str_of(base)
    length = i32(s.len)
    first: i32 = 1
    if not is_absent(base, nargs, 2):
        if unlikely(not check_number(g, base, nargs, 2)):
            return -1
        first = int_arg(base, 2)
    last = first
    if not is_absent(base, nargs, 3):
        if unlikely(not check_number(g, base, nargs, 3)):
            return -1
        last = int_arg(base, 3)
    first = start_of(first, length)
    last = end_of(last, length)
    if first > last:
        return 0
    count = u32(last - first) + 1
    out = room_for(g, L, base, count)
    if unlikely(not out):
        return -1
    p = str_data(s) + (first - 1)
    for i in range(count):
        set_number(out + i, f64(p[i]))
    L.top = out + count
    return i64(count)


@native
def room_for(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], count: u32) -> Ptr[TValue]:
    """The base of the frame, with room for `count` results; null if there cannot be so many."""
    if count > FREE_SLOTS:
        if count > MAX_RESULTS or (base + (count + FREE_SLOTS) > L.maxstack and stack_grow(g, L, count) != 0):
            arg_error(g, 0, SLICE_TOO_LONG)
            return Ptr[TValue](u64(0))
        return L.base
    return base


@library("string.char")
@native
def lib_string_char(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    out = buf_need(g, u64(nargs) + 1)
    for i in range(nargs):
        if unlikely(not check_number(g, base, nargs, i + 1)):
            return -1
        code = int_arg(base, i + 1)
        if unlikely(u32(code) > 255):
            return arg_error(g, i + 1, INVALID_VALUE)
        out[i] = u32(code)
    return result_string(L, base, str_new(g, out, nargs))


@library("string.rep")
@native
def lib_string_rep(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """n copies, with a separator between them if there is one."""
    if unlikely(not check_string(g, base, nargs, 1) or not check_number(g, base, nargs, 2)):
        return -1
    s = str_of(base)
    between = g.stremptyz
    if not is_absent(base, nargs, 3):
        if unlikely(not check_string(g, base, nargs, 3)):
            return -1
        between = str_of(base + 2)
    count = i64(int_arg(base, 2))
    if count <= 0:
        return result_string(L, base, g.stremptyz)
    step = i64(s.len) + i64(between.len)
    total = step * count - i64(between.len)
    if unlikely(total > MAX_STRING or not mem_fits(g, u64(total) * 2)):
        return arg_error(g, 0, OVERFLOW)
    out = buf_need(g, u64(total) + u64(step) + 8)
    bytes_copy(g, out, str_data(s), s.len)
    bytes_copy(g, out + s.len, str_data(between), between.len)
    filled = u64(step)
    while filled < u64(total):
        more = u64(total) - filled
        more = filled if filled < more else more
        g.memcpy(out + filled, out, more)
        filled += more
    return result_string(L, base, str_new(g, out, u32(total)))


@library("string.reverse")
@native
def lib_string_reverse(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    s = str_of(base)
    length = s.len
    p = str_data(s)
    out = buf_need(g, u64(length) + 1)
    for i in range(length):
        out[i] = p[length - 1 - i]
    return result_string(L, base, str_new(g, out, length))


@library("string.lower")
@native
def lib_string_lower(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    s = str_of(base)
    return result_string(L, base, str_new(g, change_case(g, str_data(s), s.len, UPPER_A, UPPER_Z), s.len))


@library("string.upper")
@native
def lib_string_upper(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    s = str_of(base)
    return result_string(L, base, str_new(g, change_case(g, str_data(s), s.len, LOWER_A, LOWER_Z), s.len))


@native
def change_case(g: Ptr[VM], p: Ptr[u8], length: u32, first: u32, last: u32) -> Ptr[u8]:
    """The bytes with the letters first .. last in the other case."""
    out = buf_need(g, u64(length) + 1)
    for i in range(length):
        c = p[i]
        out[i] = c ^ 32 if c >= first and c <= last else c
    return out
