"""string.format: the format string is taken to pieces; `runtime/strfmt.py` does the items.

The result is built in the shared buffer.  Where an item gives up (and for errors) the whole call is done
again by `format_py.py`, which does everything.  Values with a __tostring are replaced by their text first,
because that calls Lua functions.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, State, TValue
from jitvm.lib.args import arg_error, called_tostring, check_string, result_string
from jitvm.lib.table import FunctionName, library
from jitvm.native import Ptr, addr, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import MM_TOSTRING, meta_lookup
from jitvm.runtime.strfmt import (
    ALTERNATE,
    BLANK,
    GIVE_UP,
    LEFT,
    LETTER_Q,
    LETTER_S,
    MINUS,
    PLUS,
    PLUS_SIGN,
    SPACE,
    ZERO,
    ZEROS,
    format_one,
    is_digit,
)
from jitvm.runtime.string import MAX_STRING, buf_need, bytes_copy, str_new
from jitvm.runtime.upcalls import UPCALL_BUILTIN
from jitvm.runtime.value import func_of, is_gcobj, is_nil, is_str, str_data, str_of

OVERFLOW = int(Bad.STRING_OVERFLOW)
PERCENT, DOT, HASH, LETTER_A, LETTER_Z = (ord(c) for c in "%.#Az")
NO_PRECISION = -1


@library("string.format", FunctionName("string.format_aux"))
@native
def lib_string_format(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    if not tostring_args(g, L, 0, nargs):
        return -1
    base = L.base
    L.top = base + nargs
    size = format_all(g, base, nargs)
    if unlikely(size == GIVE_UP):
        aux = func_of(Ptr[TValue](addr(func_of(base - 2).ref("uv"))))
        return g.upcall(UPCALL_BUILTIN, addr(aux.pc), addr(L), u64(nargs))
    if unlikely(size > MAX_STRING):
        return arg_error(g, 0, OVERFLOW)
    return result_string(L, base, str_new(g, g.tmpbuf, u32(size)))


@native
def tostring_args(g: Ptr[VM], L: Ptr[State], first: u32, nargs: u32) -> bool:
    """Arguments that have a __tostring become their text.  `first`: the slot of the format string."""
    for i in range(first + 1, nargs):
        tv = L.base + i
        if unlikely(is_gcobj(tv) and not is_str(tv)):
            if not tostring_arg(g, L, first, i, nargs):
                return False
    return True


@native
def tostring_arg(g: Ptr[VM], L: Ptr[State], first: u32, index: u32, nargs: u32) -> bool:
    """An argument that has a __tostring becomes what that returns, if a directive asks for its text."""
    mo = meta_lookup(g, L.base + index, MM_TOSTRING)
    if is_nil(mo):
        return True
    letter = directive_of(str_of(L.base + first), index - first)
    if letter != LETTER_S and letter != LETTER_Q:
        return True
    return called_tostring(g, L, mo, index, nargs)


@native
def directive_of(s: Ptr[GCstr], index: u32) -> u32:
    """The letter of the directive that an argument is for; 0 if there is none."""
    p = str_data(s)
    end = p + s.len
    while p < end:
        if p[0] == PERCENT:
            p = p + 1
            if p[0] != PERCENT:
                while p < end and (p[0] < LETTER_A or p[0] | 32 > LETTER_Z):
                    p = p + 1
                index -= 1
                if index == 0:
                    return p[0]
        p = p + 1
    return 0


@native
def format_all(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> u64:
    """The result in the buffer; its length, or GIVE_UP."""
    s = str_of(base)
    p = str_data(s)
    end = p + s.len
    size: u64 = 0
    arg: u32 = 0
    while p < end:
        plain = p
        while p < end and p[0] != PERCENT:
            p = p + 1
        length = u32(addr(p) - addr(plain))
        bytes_copy(g, buf_need(g, size + u64(length) + 8) + size, plain, length)
        size += u64(length)
        if p >= end:
            break
        p = p + 1
        if p[0] == PERCENT:
            buf_need(g, size + 8)[size] = PERCENT
            size += 1
            p = p + 1
            continue
        flags = flags_at(p)
        while is_flag(p[0]):
            p = p + 1
        width: u32 = 0
        for _ in range(2):
            if is_digit(p[0]):
                width = width * 10 + (p[0] - ZERO)
                p = p + 1
        precision: i32 = NO_PRECISION
        if p[0] == DOT:
            precision = 0
            p = p + 1
            for _ in range(2):
                if is_digit(p[0]):
                    precision = precision * 10 + i32(p[0] - ZERO)
                    p = p + 1
        arg += 1
        if unlikely(arg >= nargs):
            return GIVE_UP
        spec = flags | width << 8 | u32(precision + 1) << 16
        size = format_one(g, base + arg, p[0], spec, size)
        if unlikely(size > MAX_STRING):  # Or GIVE_UP.
            return size
        p = p + 1
    return size


@inline
def is_flag(c: u32) -> bool:
    return c == MINUS or c == PLUS_SIGN or c == SPACE or c == HASH or c == ZERO


@native
def flags_at(p: Ptr[u8]) -> u32:
    flags: u32 = 0
    while is_flag(p[0]):
        if p[0] == MINUS:
            flags = flags | LEFT
        elif p[0] == PLUS_SIGN:
            flags = flags | PLUS
        elif p[0] == SPACE:
            flags = flags | BLANK
        elif p[0] == HASH:
            flags = flags | ALTERNATE
        else:
            flags = flags | ZEROS
        p = p + 1
    return flags
