"""string.find, match and gmatch.

A search tries every start in turn.  Where a pattern begins with a plain character, only the places where
that character stands are tried.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, State, TValue
from jitvm.lib.args import arg_error, check_number, check_string, int_arg, is_absent, result_bits
from jitvm.lib.pattern import (
    CARET,
    POSITION,
    UNFINISHED,
    match_at,
    pattern_begin,
    skip,
)
from jitvm.lib.string import room_for
from jitvm.lib.table import FunctionName, library
from jitvm.native import Ptr, addr, f64, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.func import func_new_builtin
from jitvm.runtime.string import str_new
from jitvm.runtime.value import (
    NIL,
    copy,
    func_of,
    is_truthy,
    set_func,
    set_number,
    set_str,
    str_data,
    str_of,
)

CAPTURE_INDEX, CAPTURE_OPEN = int(Bad.CAPTURE_INDEX), int(Bad.CAPTURE_OPEN)
#: Characters that mean something in a pattern.
SPECIALS = b"^$*+?.([%-"
NULL = 0


@native
def has_specials(p: Ptr[GCstr]) -> bool:
    """Is it a pattern, rather than plain text?"""
    data = str_data(p)
    for i in range(p.len):
        if is_special(data[i]):
            return True
    return False


@inline
def is_special(c: u32) -> bool:
    """By a bit set: all but `^` and `[` are in the 32 characters from the space on."""
    if c - 32 < 32:
        return u32(SPECIAL_SET) >> (c - 32) & 1 != 0
    return c == CARET or c == ord("[")


SPECIAL_SET = sum(1 << (c - 32) for c in SPECIALS if c < 64)


@native
def find_text(g: Ptr[VM], s: Ptr[u8], length: u64, p: Ptr[GCstr]) -> Ptr[u8]:
    """The first place in `length` bytes where plain text stands; null if there is none."""
    if p.len == 0:
        return s
    if u64(p.len) > length:
        return Ptr[u8](NULL)
    return Ptr[u8](g.memmem(s, length, str_data(p), u64(p.len)))


# Captures.


@native
def push_capture(g: Ptr[VM], index: u32, s: Ptr[u8], end: Ptr[u8], out: Ptr[TValue]) -> bool:
    """Capture `index` to a slot; index 0 without any captures is the whole match."""
    m = g.match
    if index >= m.level:
        if unlikely(index != 0):
            arg_error(g, 0, CAPTURE_INDEX)
            return False
        set_str(out, str_new(g, s, u32(addr(end) - addr(s))))
        return True
    size = m.sizes[index]
    if unlikely(size == UNFINISHED):
        arg_error(g, 0, CAPTURE_OPEN)
        return False
    if size == POSITION:
        set_number(out, f64(i64(m.starts[index] - addr(m.start))) + 1.0)
    else:
        set_str(out, str_new(g, Ptr[u8](m.starts[index]), u32(i32(size))))
    return True


@native
def push_captures(g: Ptr[VM], s: Ptr[u8], end: Ptr[u8], out: Ptr[TValue]) -> i64:
    """All captures; the whole match if there is none and `s` is given.  How many, or -1."""
    count = g.match.level
    if count == 0 and s:
        count = 1
    for i in range(count):
        if unlikely(not push_capture(g, i, s, end, out + i)):
            return -1
    return i64(count)


# Searching.


@native
def search(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """The first start from `s` on where the pattern matches; null if there is none.  `g.match.start` is the
    subject's; where the match ends is left in `g.tmptv`."""
    if p[0] == CARET:
        end = match_at(g, s, p + 1)
        g.tmptv.bits = addr(end)
        return s if end else Ptr[u8](NULL)
    last = g.match.end
    while True:
        s = skip(g, s, p)
        end = match_at(g, s, p)
        if end:
            g.tmptv.bits = addr(end)
            return s
        s = s + 1
        if s > last or unlikely(g.match.failed != 0):
            return Ptr[u8](NULL)


@native
def find_or_match(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32, find: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1) or not check_string(g, base, nargs, 2)):
        return -1
    s = str_of(base)
    p = str_of(base + 1)
    start: i32 = 1
    if not is_absent(base, nargs, 3):
        if unlikely(not check_number(g, base, nargs, 3)):
            return -1
        start = int_arg(base, 3)
    start = start + i32(s.len) if start < 0 else start - 1
    start = 0 if start < 0 else start
    offset = u32(start) if u32(start) < s.len else s.len
    from_ = str_data(s) + offset
    if find != 0 and ((nargs > 3 and is_truthy(base + 3)) or not has_specials(p)):
        at = find_text(g, from_, u64(s.len - offset), p)
        if not at:
            return result_bits(L, base, NIL)
        first = addr(at) - addr(str_data(s))
        return positions(L, base, first + 1, first + u64(p.len), 2)
    pattern_begin(g, s)
    at = search(g, from_, str_data(p))
    if not at:
        if unlikely(g.match.failed != 0):
            return arg_error(g, 0, g.match.failed)
        return result_bits(L, base, NIL)
    return found_results(g, L, base, at, find)


@inline
def positions(L: Ptr[State], base: Ptr[TValue], first: u64, last: u64, count: i64) -> i64:
    """Two results, and those above them."""
    set_number(base, f64(i64(first)))
    set_number(base + 1, f64(i64(last)))
    L.top = base + count
    return count


@native
def found_results(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], at: Ptr[u8], find: u32) -> i64:
    """The results of a match from `at` on: for find, where it is, before the captures."""
    end = Ptr[u8](g.tmptv.bits)
    out = room_for(g, L, base, g.match.level + 2)
    if unlikely(not out):
        return -1
    if find == 0:
        count = push_captures(g, at, end, out)
        L.top = out + count
        return count
    count = push_captures(g, Ptr[u8](NULL), end, out + 2)
    if unlikely(count < 0):
        return -1
    start = addr(g.match.start)
    return positions(L, out, addr(at) - start + 1, addr(end) - start, count + 2)


@library("string.find")
@native
def lib_string_find(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Where a pattern (or plain text) is, and its captures."""
    return find_or_match(g, L, base, nargs, 1)


@library("string.match")
@native
def lib_string_match(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The captures of a pattern, or the whole match."""
    return find_or_match(g, L, base, nargs, 0)


# gmatch.


@library("string.gmatch_aux")
@native
def lib_string_gmatch_aux(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The next match.  Upvalues: subject, pattern, offset to go on from."""
    fn = func_of(base - 2)
    state = Ptr[TValue](addr(fn.ref("uv")))
    s = str_of(state)
    p = str_data(str_of(state + 1))
    offset = (state + 2).lo
    if offset > s.len:
        return 0
    pattern_begin(g, s)
    at = str_data(s) + offset
    if p[0] == CARET:  # Here it is a character like others.
        at = search_caret(g, at, p)
    else:
        at = search(g, at, p)
    if not at:
        if unlikely(g.match.failed != 0):
            return arg_error(g, 0, g.match.failed)
        return 0
    end = g.tmptv.bits
    (state + 2).bits = end - addr(str_data(s))
    if end == addr(at):  # So that an empty match makes progress.
        (state + 2).bits = (state + 2).bits + 1
    return found_results(g, L, base, at, 0)


@native
def search_caret(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """As `search`, with "^" meaning itself."""
    while s <= g.match.end and g.match.failed == 0:
        end = match_at(g, s, p)
        if end:
            g.tmptv.bits = addr(end)
            return s
        s = s + 1
    return Ptr[u8](NULL)


@library("string.gmatch", FunctionName("string.gmatch_aux"))
@native
def lib_string_gmatch(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1) or not check_string(g, base, nargs, 2)):
        return -1
    aux = func_of(Ptr[TValue](addr(func_of(base - 2).ref("uv"))))
    fn = func_new_builtin(g, aux.ffid, aux.fn, aux.pc, 3)
    state = Ptr[TValue](addr(fn.ref("uv")))
    copy(state, base)
    copy(state + 1, base + 1)
    (state + 2).bits = 0
    set_func(base, fn)
    L.top = base + 1
    return 1
