"""Functions that Python carries out, native for what programs usually ask of them.

    getfenv(f), setfenv(2, t), newproxy(true), require of what is loaded

Everything else goes to the function of the same name in Python, by an upcall: wrong arguments, the frames
that Python entered through, strings that spell numbers, modules with metatables in between.
"""

from __future__ import annotations

from ir.objects import VM, GCfunc, GCObject, GCtab, State, TValue
from jitvm.interp.dispatch import builtin_upcall
from jitvm.lib.args import is_absent, result_bits, result_table
from jitvm.lib.base import upvalue_string
from jitvm.lib.table import library
from jitvm.native import Ptr, addr, i32, i64, native, u32, u64, unlikely
from jitvm.runtime.barrier import barrier_back, gc_barrier
from jitvm.runtime.links import NOT_LUA, below_lua, below_other, below_vararg
from jitvm.runtime.table import tab_getstr, tab_new, tab_set
from jitvm.runtime.udata import udata_new
from jitvm.runtime.value import (
    FALSE,
    TRUE,
    func_of,
    is_func,
    is_lightud,
    is_number,
    is_str,
    is_tab,
    is_truthy,
    num2int,
    set_func,
    set_tab,
    set_udata,
    str_of,
    tab_of,
)


@native
def func_at_level(L: Ptr[State], base: Ptr[TValue], level: i32) -> Ptr[GCfunc]:
    """The function so many frames out from the one at `base`; null if there is none."""
    while level >= 0 and addr(base) > addr(L.stack) + 16:
        if is_func(base - 2):
            if level == 0:
                return func_of(base - 2)
            level = level - 1
        base = below_vararg(base)
        link = (base - 1).bits
        base = below_lua(base, link) if link & NOT_LUA == 0 else below_other(base, link)
    return Ptr[GCfunc](u64(0))


@native
def func_meant(L: Ptr[State], base: Ptr[TValue], default: i32, nargs: u32) -> Ptr[GCfunc]:
    """The function that the first argument is, or at the level that it is; null: that takes a closer look."""
    if nargs != 0 and is_func(base):
        return func_of(base)
    if nargs != 0 and is_number(base):
        return func_at_level(L, base, num2int(base.num))
    return func_at_level(L, base, default if is_absent(base, nargs, 1) else -1)


@library("getfenv")
@native
def lib_getfenv(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    fn = func_meant(L, base, 1, nargs)
    if unlikely(not fn):
        return builtin_upcall(g, L, base, nargs)
    return result_table(L, base, fn.env if fn.ffid == 0 else L.env)


@library("setfenv")
@native
def lib_setfenv(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if nargs >= 2 and is_tab(base + 1):
        fn = func_meant(L, base, -1, nargs)
        if fn and fn.ffid == 0:
            fn.env = tab_of(base + 1)
            gc_barrier(g, Ptr[GCObject](addr(fn)))
            set_func(base, fn)
            L.top = base + 1
            return 1
    return builtin_upcall(g, L, base, nargs)


@library("newproxy", b"newproxy")
@native
def lib_newproxy(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The registry has a table of the metatables that proxies were given."""
    metatable = Ptr[GCtab](u64(0))
    if nargs != 0 and base.bits == TRUE:
        metatable = tab_new(g, 0, 1)
        set_tab(base, metatable)
        known = tab_of(tab_getstr(g, tab_of(g.registry), upvalue_string(base, 0)))
        tab_set(g, known, base).bits = TRUE
        barrier_back(g, known)
    elif not is_absent(base, nargs, 1) and base.bits != FALSE:
        return builtin_upcall(g, L, base, nargs)
    set_udata(base, udata_new(g, metatable))
    L.top = base + 1
    return 1


@library("require", b"_LOADED")
@native
def lib_require(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """A module being loaded is marked with a lightuserdata."""
    if nargs != 0 and is_str(base):
        loaded = tab_getstr(g, tab_of(g.registry), upvalue_string(base, 0))
        if is_tab(loaded):
            found = tab_getstr(g, tab_of(loaded), str_of(base))
            if is_truthy(found) and not is_lightud(found):
                return result_bits(L, base, found.bits)
    return builtin_upcall(g, L, base, nargs)
