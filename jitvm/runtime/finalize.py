"""Finalizers: `__gc` of userdata that nothing refers to any more.

    status = gc_collect(g)        a collection, then the finalizers; -1 if one failed: g.errval is the error

The collector moves dead userdata with a finalizer to `g.gc_pending` and keeps them, and what they refer to,
alive for this once. A finalizer is an ordinary call, on top of the running thread's stack, so it may run only
where a library function could be called: `L.base` and `L.top` are stored, and the stack may move. Below it
stand `g.savepc`, where the running Lua function was interrupted (0 for a library function), and a mark.
While a trace is recorded they wait, for their bytecodes are not the program's.
"""

from __future__ import annotations

from ir.objects import VM, GCudata
from jitvm.native import Ptr, addr, i64, native, u32, unlikely
from jitvm.runtime.callback import call_lua
from jitvm.runtime.gc import gc_set_threshold, gc_step
from jitvm.runtime.meta import MM_GC, meta_fast
from jitvm.runtime.sweep import separate_udata
from jitvm.runtime.value import FINALIZER_MARK, UDATA_BITS, copy, is_nil


@native
def gc_collect(g: Ptr[VM]) -> i64:
    """A collection where finalizers may run."""
    if g.gc_pending and g.gc_finalizing == 0:
        gc_set_threshold(g)
    else:
        gc_step(g)
    return run_finalizers(g)


@native
def run_finalizers(g: Ptr[VM]) -> i64:
    """Calls those that wait.  -1 for the first error; the others wait on."""
    status: i64 = 0
    if g.gc_finalizing != 0 or g.recording != 0 or not g.gc_pending:
        return 0
    g.gc_finalizing = 1
    multres = g.multres
    error = g.errval.bits
    while status >= 0 and g.gc_pending:
        ud = g.gc_pending
        g.gc_pending = ud.next
        ud.next = g.gc_udata
        g.gc_udata = ud
        status = finalize(g, ud)
    g.gc_finalizing = 0
    if unlikely(status < 0):
        return -1
    g.multres = multres
    g.errval.bits = error
    return 0


@native
def finalize(g: Ptr[VM], ud: Ptr[GCudata]) -> i64:
    """Calls the finalizer of a userdata, if it still has one."""
    mo = meta_fast(g, ud.metatable, MM_GC)
    if is_nil(mo):
        return 0
    L = g.cur
    top = addr(L.top) - addr(L.stack)
    savepc = g.savepc
    slot = L.top + 2
    (slot - 2).bits = savepc
    (slot - 1).bits = FINALIZER_MARK
    copy(slot, mo)
    (slot + 2).bits = addr(ud) | UDATA_BITS
    status = call_lua(g, L, slot, 1)
    L.top = L.stack + (top >> 3)
    g.savepc = savepc
    return status


@native
def gc_separate_all(g: Ptr[VM]) -> bool:
    """The program ends: every finalizer that has not run is due. Are there any?"""
    separate_udata(g, u32(1))
    g.savepc = 0
    return addr(g.gc_pending) != 0
