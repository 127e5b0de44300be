"""Userdata: objects that only the library looks into, with a metatable and perhaps a finalizer.

    ud = udata_new(g, metatable)        no metatable: null

All are chained from `g.gc_udata`, newest first: the collector looks there for those that died, and moves the
ones whose metatable has a `__gc` to `g.gc_pending`, where they wait for it to be called (`finalize.py`).
"""

from __future__ import annotations

from ir.objects import GCT_UDATA, UDTYPE_USERDATA, VM, GCObject, GCtab, GCudata
from jitvm.native import Ptr, native, u64
from jitvm.runtime.alloc import mem_alloc

GCUDATA_SIZE = GCudata.sizeof()


@native
def udata_new(g: Ptr[VM], metatable: Ptr[GCtab]) -> Ptr[GCudata]:
    """A plain one."""
    ud = Ptr[GCudata](mem_alloc(g, GCUDATA_SIZE))
    ud.gct = GCT_UDATA
    ud.color = 0
    ud.udtype = UDTYPE_USERDATA
    ud.finalized = 0
    ud.len = 0
    ud.env = g.globals
    ud.file = 0
    ud.next = g.gc_udata
    ud.metatable = metatable
    ud.gclist = Ptr[GCObject](u64(0))
    g.gc_udata = ud
    return ud
