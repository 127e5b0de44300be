"""string.gsub: native, with calls of Lua functions for what replaces a match.

The result grows in a cell of its own (`Text`), which stands in a slot of gsub's frame, so that the collector
sees it while a replacement function runs:

    base: subject, pattern, replacement, limit | result so far | function, link, captures ...
"""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import arg_error, check_number, check_string, coerce_string, is_absent
from jitvm.lib.pattern import CARET, ESCAPE, NINE, ONE, ZERO, match_at, pattern_begin, skip
from jitvm.lib.string_find import push_capture, push_captures
from jitvm.lib.table import library
from jitvm.lib.text import text_add, text_add_value, text_begin, text_string
from jitvm.native import Ptr, addr, f64, i32, i64, native, u8, u32, u64, unlikely
from jitvm.runtime.callback import call_lua, index_value
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.state import stack_grow
from jitvm.runtime.value import (
    copy,
    is_func,
    is_number,
    is_str,
    is_tab,
    is_truthy,
    set_nil,
    set_number,
    set_str,
    str_data,
    str_of,
)

REPLACEMENT, REPLACEMENT_TYPE = int(Bad.REPLACEMENT), int(Bad.REPLACEMENT_TYPE)
STACK_OVERFLOW, OVERFLOW = int(Bad.STACK_OVERFLOW), int(Bad.STRING_OVERFLOW)
#: Slots of gsub's frame: arguments, the result so far, and where a replacement is called.
RESULT, CALLED = 4, 5


@library("string.gsub")
@native
def lib_string_gsub(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1) or not check_string(g, base, nargs, 2)):
        return -1
    limit = i64(str_of(base).len) + 1
    if not is_absent(base, nargs, 4):
        if unlikely(not check_number(g, base, nargs, 4)):
            return -1
        limit = i64(i32(i64((base + 3).num)))  # An int by way of a 64-bit integer, as C has it.
    if unlikely(nargs < 3 or not (is_str(base + 2) or is_func(base + 2) or is_tab(base + 2))):
        if nargs < 3 or not is_number(base + 2):
            return arg_error(g, 3, REPLACEMENT_TYPE)
        coerce_string(g, base, nargs, 3)
    slot = base + RESULT
    text_begin(g, slot, u64(str_of(base).len) + 64)
    L.top = base + CALLED
    count = substitute(g, L, limit)
    if unlikely(count < 0):
        return -1
    base = L.base
    result = text_string(g, base + RESULT)
    if unlikely(not result):
        return arg_error(g, 0, OVERFLOW)
    set_str(base, result)
    set_number(base + 1, f64(count))
    L.top = base + 2
    return 2


@native
def substitute(g: Ptr[VM], L: Ptr[State], limit: i64) -> i64:
    """Copies the subject with its matches replaced; how many there were, or -1."""
    s = str_of(L.base)
    p = str_data(str_of(L.base + 1))
    anchored = p[0] == CARET
    if anchored:
        p = p + 1
    at = str_data(s)
    last = at + s.len
    copied = at
    count: i64 = 0
    while count < limit:
        pattern_begin(g, s)
        if not anchored:
            at = skip(g, at, p)
        end = match_at(g, at, p)
        if end:
            count += 1
            text_add(g, L.base + RESULT, copied, addr(at) - addr(copied))
            if unlikely(not replace(g, L, at, end)):
                return -1
            copied = end
        elif unlikely(g.match.failed != 0):
            arg_error(g, 0, g.match.failed)
            return -1
        if end > at:
            at = end
        elif at < last:
            at = at + 1
        else:
            break
        if anchored:
            break
    text_add(g, L.base + RESULT, copied, addr(last) - addr(copied))
    return count


@native
def replace(g: Ptr[VM], L: Ptr[State], s: Ptr[u8], end: Ptr[u8]) -> bool:
    """Adds what replaces the match from `s` to `end`."""
    base = L.base
    if is_str(base + 2):
        return expand(g, L, s, end)
    slot = base + CALLED
    if is_func(base + 2):
        if unlikely(slot + (2 + g.match.level) > L.maxstack):
            if stack_grow(g, L, 2 + g.match.level) != 0:
                arg_error(g, 0, STACK_OVERFLOW)
                return False
            base = L.base
            slot = base + CALLED
        copy(slot, base + 2)
        nargs = push_captures(g, s, end, slot + 2)
        if unlikely(nargs < 0):
            return False
        results = call_lua(g, L, slot, u32(i32(nargs)))
        if unlikely(results < 0):
            return False
        slot = L.base + CALLED
        if results == 0:
            set_nil(slot)
        else:
            copy(slot, L.top - results)
        L.top = slot
    else:
        if unlikely(not push_capture(g, 0, s, end, slot) or not index_value(g, L, base + 2, slot)):
            return False
        slot = L.base + CALLED
    if is_truthy(slot):
        if unlikely(not (is_str(slot) or is_number(slot))):
            copy(g.tmptv, slot)
            arg_error(g, 0, REPLACEMENT)
            return False
        text_add_value(g, L.base + RESULT, slot)
    else:
        text_add(g, L.base + RESULT, s, addr(end) - addr(s))
    return True


@native
def expand(g: Ptr[VM], L: Ptr[State], s: Ptr[u8], end: Ptr[u8]) -> bool:
    """The replacement string, with %0 ... %9 in it replaced by captures."""
    slot = L.base + RESULT
    by = str_of(L.base + 2)
    p = str_data(by)
    last = p + by.len
    plain = p
    while p < last:
        if p[0] != ESCAPE:
            p = p + 1
            continue
        text_add(g, slot, plain, addr(p) - addr(plain))
        c = p[1]
        plain = p + 1
        p = p + 2
        if c >= ZERO and c <= NINE:
            plain = p
            if c == ZERO:
                text_add(g, slot, s, addr(end) - addr(s))
            else:
                capture = L.base + CALLED
                if unlikely(not push_capture(g, c - ONE, s, end, capture)):
                    return False
                text_add_value(g, slot, capture)
    text_add(g, slot, plain, addr(p) - addr(plain))  # A final "%" adds the NUL behind it, as in LuaJIT.
    return True
