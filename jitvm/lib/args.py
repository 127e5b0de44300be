"""Arguments and results of native library functions.

    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, sqrt(base.num))

Arguments count from 1.  Checking converts in place, as LuaJIT does: a string that spells a number becomes
that number where one is expected, a number becomes its text where a string is expected.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, GCtab, State, TValue
from jitvm.native import Ptr, f64, i32, i64, inline, likely, native, u32, u64, unlikely
from jitvm.runtime.callback import call_lua
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.number import str_tonum
from jitvm.runtime.state import stack_grow
from jitvm.runtime.string import num_tostr
from jitvm.runtime.value import (
    copy,
    is_nil,
    is_number,
    is_str,
    is_tab,
    num2int,
    set_nil,
    set_number,
    set_str,
    set_tab,
    str_of,
)

NUMBER, STRING, TABLE, VALUE = int(Bad.NUMBER), int(Bad.STRING), int(Bad.TABLE), int(Bad.VALUE)
STACK_OVERFLOW = int(Bad.STACK_OVERFLOW)
#: Slots for a call on top of the arguments.
CALL_ROOM = 24


@native
def arg_error(g: Ptr[VM], arg: u32, kind: u32) -> i64:
    """Remembers what is wrong with an argument; the result for `return`."""
    g.errarg = arg
    g.errcode = kind
    return -1


@inline
def check_number(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> bool:
    """Is the argument a number (now)?"""
    return likely(arg <= nargs and is_number(base + (arg - 1))) or coerce_number(g, base, nargs, arg)


@native
def coerce_number(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> bool:
    """Strings become numbers; anything else is an error."""
    if arg <= nargs:
        tv = base + (arg - 1)
        if is_number(tv):
            return True
        if is_str(tv) and str_tonum(g, str_of(tv), tv) != 0:
            return True
    arg_error(g, arg, NUMBER)
    return False


@inline
def check_numbers(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> bool:
    """Two of them."""
    return check_number(g, base, nargs, 1) and check_number(g, base, nargs, 2)


@native
def check_all_numbers(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> bool:
    """All arguments, and at least one."""
    arg: u32 = 1
    while check_number(g, base, nargs, arg):
        arg += 1
        if arg > nargs:
            return True
    return False


@inline
def check_string(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> bool:
    """Is the argument a string (now)?"""
    return likely(arg <= nargs and is_str(base + (arg - 1))) or coerce_string(g, base, nargs, arg)


@native
def coerce_string(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> bool:
    """Numbers become strings; anything else is an error."""
    if arg <= nargs:
        tv = base + (arg - 1)
        if is_str(tv):
            return True
        if is_number(tv):
            set_str(tv, num_tostr(g, tv))
            return True
    arg_error(g, arg, STRING)
    return False


@native
def check_table(g: Ptr[VM], base: Ptr[TValue], nargs: u32, arg: u32) -> bool:
    if arg <= nargs and is_tab(base + (arg - 1)):
        return True
    arg_error(g, arg, TABLE)
    return False


@native
def check_any(g: Ptr[VM], nargs: u32, arg: u32) -> bool:
    """Is there such an argument at all?"""
    if arg <= nargs:
        return True
    arg_error(g, arg, VALUE)
    return False


@inline
def is_absent(base: Ptr[TValue], nargs: u32, arg: u32) -> bool:
    """An optional argument that is nil or not there."""
    return arg > nargs or is_nil(base + (arg - 1))


@inline
def int_arg(base: Ptr[TValue], arg: u32) -> i32:
    """A checked number, truncated."""
    return num2int((base + (arg - 1)).num)


@native
def called_tostring(g: Ptr[VM], L: Ptr[State], mo: Ptr[TValue], index: u32, nargs: u32) -> bool:
    """Slot `index` of the arguments becomes what its __tostring, `mo`, returns; false for an error."""
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
    if count == 0:
        set_nil(L.base + index)
    else:
        copy(L.base + index, L.top - count)
    L.top = L.base + nargs
    return True


# Results.  They replace the arguments: `L.top` is moved to behind them.


@inline
def result_number(L: Ptr[State], base: Ptr[TValue], x: f64) -> i64:
    set_number(base, x)
    L.top = base + 1
    return 1


@inline
def result_string(L: Ptr[State], base: Ptr[TValue], s: Ptr[GCstr]) -> i64:
    set_str(base, s)
    L.top = base + 1
    return 1


@inline
def result_table(L: Ptr[State], base: Ptr[TValue], t: Ptr[GCtab]) -> i64:
    set_tab(base, t)
    L.top = base + 1
    return 1


@inline
def result_bits(L: Ptr[State], base: Ptr[TValue], word: u64) -> i64:
    """Any slot, as it is."""
    base.bits = word
    L.top = base + 1
    return 1
