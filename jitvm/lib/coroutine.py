"""The coroutine library: making threads and asking about them.  Taking turns is `interp/coroutines.py`."""

from __future__ import annotations

from ir.objects import VM, GCfunc, State, TValue
from jitvm.interp.coroutines import can_yield
from jitvm.lib.args import arg_error, result_bits
from jitvm.lib.table import FunctionName, library
from jitvm.native import Ptr, addr, i64, native, u32, unlikely
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.func import func_new_builtin
from jitvm.runtime.state import FRESH, YIELDED, state_new
from jitvm.runtime.value import (
    FALSE,
    FUNC_BITS,
    NIL,
    POINTER,
    THREAD_BITS,
    TRUE,
    copy,
    func_of,
    is_func,
    is_thread,
    thread_of,
)

FUNCTION, THREAD = int(Bad.FUNCTION), int(Bad.THREAD)


@native
def header_only(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Stands for functions whose header is a handler of its own; never called."""
    return -1


library("coroutine.resume", b"cannot resume dead coroutine", b"cannot resume running coroutine")(header_only)
library("coroutine.yield")(header_only)
library("coroutine.wrap_aux")(header_only)


@native
def coroutine_new(g: Ptr[VM], L: Ptr[State], function: Ptr[TValue]) -> Ptr[State]:
    """A thread that will call a function when it is resumed first."""
    co = state_new(g)
    co.env = L.env
    copy(co.base, function)
    co.top = co.base + 1
    return co


@library("coroutine.create")
@native
def lib_coroutine_create(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(nargs < 1 or not is_func(base)):
        return arg_error(g, 1, FUNCTION)
    return result_bits(L, base, addr(coroutine_new(g, L, base)) | THREAD_BITS)


@library("coroutine.wrap", FunctionName("coroutine.wrap_aux"))
@native
def lib_coroutine_wrap(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(nargs < 1 or not is_func(base)):
        return arg_error(g, 1, FUNCTION)
    co = coroutine_new(g, L, base)
    model = Ptr[GCfunc](func_of(base - 2).uv[0] & POINTER)
    fn = func_new_builtin(g, model.ffid, model.fn, model.pc, 1)
    fn.uv[0] = addr(co) | THREAD_BITS
    return result_bits(L, base, addr(fn) | FUNC_BITS)





@library("coroutine.status", b"running", b"suspended", b"normal", b"dead")
@native
def lib_coroutine_status(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(nargs < 1 or not is_thread(base)):
        return arg_error(g, 1, THREAD)
    co = thread_of(base)
    name: u32 = 3
    if co == L:
        name = 0
    elif co.resumer or co == g.main:
        name = 2
    elif co.status == YIELDED or (co.status == FRESH and co.top != co.base):
        name = 1
    return result_bits(L, base, func_of(base - 2).uv[name])


@library("coroutine.running")
@native
def lib_coroutine_running(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    return result_bits(L, base, NIL if L == g.main else addr(L) | THREAD_BITS)


@library("coroutine.isyieldable")
@native
def lib_coroutine_isyieldable(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    return result_bits(L, base, TRUE if can_yield(g, L) else FALSE)
