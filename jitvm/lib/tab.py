"""table.* and unpack: natives.  They see the table itself, as LuaJIT's do: no metamethods."""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import (
    arg_error,
    check_number,
    check_string,
    check_table,
    int_arg,
    is_absent,
    result_number,
    result_string,
    result_table,
)
from jitvm.lib.string import FREE_SLOTS, MAX_RESULTS
from jitvm.lib.table import library, lua_library
from jitvm.native import Ptr, f64, i32, i64, native, u32, u64, unlikely
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.state import stack_grow
from jitvm.runtime.strfmt import NO_TEXT, put_elements
from jitvm.runtime.string import MAX_STRING, str_new
from jitvm.runtime.table import tab_clear, tab_getint, tab_len, tab_setint
from jitvm.runtime.tracecalls import trace_tab_new_ah
from jitvm.runtime.value import copy, is_nil, is_number, str_of, tab_of

INSERT_ARGS, UNPACK, OVERFLOW = int(Bad.INSERT_ARGS), int(Bad.UNPACK), int(Bad.STRING_OVERFLOW)
CONCAT_VALUE, TABLE_OVERFLOW = int(Bad.CONCAT_VALUE), int(Bad.TABLE_OVERFLOW)

lua_library("table.getn", "return function(t) CHECK_tab(t) return #t end")
lua_library("table.foreachi", """return function(t, f)
    CHECK_tab(t) CHECK_func(f)
    for i = 1, #t do
        local result = f(i, t[i])
        if result ~= nil then return result end
    end
end""")
lua_library("table.foreach", """return function(t, f)
    CHECK_tab(t) CHECK_func(f)
    for key, value in PAIRS(t) do
        local result = f(key, value)
        if result ~= nil then return result end
    end
end""")
lua_library("table.remove", """return function(t, position)
    CHECK_tab(t)
    local last = #t
    if position == nil then
        if last ~= 0 then
            local removed = t[last]
            t[last] = nil
            return removed
        end
    else
        CHECK_num(position)
        if position >= 1 and position <= last then
            local removed = t[position]
            for i = position + 1, last do t[i - 1] = t[i] end
            t[last] = nil
            return removed
        end
    end
end""")
lua_library("table.move", """return function(from, first, last, at, to)
    CHECK_tab(from) CHECK_num(first) CHECK_num(last) CHECK_num(at)
    if to == nil then to = from end
    CHECK_tab(to)
    if last >= first then
        local distance = at - first
        if at > last or at <= first or to ~= from then
            for i = first, last do to[i + distance] = from[i] end
        else
            for i = last, first, -1 do to[i + distance] = from[i] end
        end
    end
    return to
end""")


@library("table.insert")
@native
def lib_table_insert(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """At the end, or at a position, moving the rest up."""
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    t = tab_of(base)
    at = i32(tab_len(g, t)) + 1
    if unlikely(nargs != 2):
        if nargs != 3:
            return arg_error(g, 0, INSERT_ARGS)
        if not check_number(g, base, nargs, 2):
            return -1
        position = int_arg(base, 2)
        at = at if at > position else position
        while at > position:
            slot = tab_setint(g, t, at)
            if not slot:
                return arg_error(g, 0, TABLE_OVERFLOW)
            copy(slot, tab_getint(g, t, at - 1))
            at -= 1
    slot = tab_setint(g, t, at)
    if unlikely(not slot):
        return arg_error(g, 0, TABLE_OVERFLOW)
    copy(slot, base + (nargs - 1))
    barrier_back(g, t)
    return 0


@library("table.maxn")
@native
def lib_table_maxn(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The largest number that is a key, 0 if there is none above."""
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    t = tab_of(base)
    largest = 0.0
    i = i32(t.asize) - 1
    while i >= 0 and largest == 0.0:
        if not is_nil(t.array + i):
            largest = f64(i)
        i -= 1
    if t.hmask != 0:
        for j in range(t.hmask + 1):
            n = t.node + j
            if not is_nil(n.val) and is_number(n.key) and n.key.num > largest:
                largest = n.key.num
    return result_number(L, base, largest)


@library("table.concat")
@native
def lib_table_concat(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The elements i .. j as one string, with a separator between them."""
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    t = tab_of(base)
    between = g.stremptyz
    if not is_absent(base, nargs, 2):
        if not check_string(g, base, nargs, 2):
            return -1
        between = str_of(base + 1)
    first: i32 = 1
    if not is_absent(base, nargs, 3):
        if not check_number(g, base, nargs, 3):
            return -1
        first = int_arg(base, 3)
    last = i32(0)
    if is_absent(base, nargs, 4):
        last = i32(tab_len(g, t))
    else:
        if not check_number(g, base, nargs, 4):
            return -1
        last = int_arg(base, 4)
    size = put_elements(g, t, between, first, last, u64(0))
    if unlikely(size > MAX_STRING):
        if size & NO_TEXT == 0:
            return arg_error(g, 0, OVERFLOW)
        wrong = u32(size & 0xFFFFFFFF)
        copy(g.tmptv, tab_getint(g, t, i32(wrong)))
        return arg_error(g, wrong, CONCAT_VALUE)
    return result_string(L, base, str_new(g, g.tmpbuf, u32(size)))


@library("table.new")
@native
def lib_table_new(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """A table with room for so many elements and so many other keys."""
    if unlikely(not check_number(g, base, nargs, 1) or not check_number(g, base, nargs, 2)):
        return -1
    t = trace_tab_new_ah(g, int_arg(base, 1), int_arg(base, 2))
    if unlikely(not t):
        return arg_error(g, 0, TABLE_OVERFLOW)
    return result_table(L, base, t)


@library("table.clear")
@native
def lib_table_clear(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    tab_clear(tab_of(base))
    return 0


@library("unpack")
@native
def lib_unpack(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The elements i .. j as results, nils included."""
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    t = tab_of(base)
    first: i32 = 1
    if not is_absent(base, nargs, 2):
        if not check_number(g, base, nargs, 2):
            return -1
        first = int_arg(base, 2)
    last = i32(0)
    if is_absent(base, nargs, 3):
        last = i32(tab_len(g, t))
    else:
        if not check_number(g, base, nargs, 3):
            return -1
        last = int_arg(base, 3)
    if first > last:
        return 0
    count = i64(last) - i64(first) + 1
    if unlikely(count >= MAX_RESULTS or count + i64(nargs) > MAX_RESULTS):
        return arg_error(g, 0, UNPACK)
    out = base
    if count > FREE_SLOTS and base + (count + FREE_SLOTS) > L.maxstack:
        if stack_grow(g, L, u32(count)) != 0:
            return arg_error(g, 0, UNPACK)
        out = L.base
    for i in range(i32(count)):
        copy(out + i, tab_getint(g, t, first + i))
    L.top = out + count
    return count
