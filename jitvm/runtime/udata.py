"""Userdata: objects that only the library looks into, with a metatable and perhaps a finalizer.

    ud = udata_new(g, metatable)        no metatable: null
    ud = udata_sized(g, metatable, 16)  with so many bytes behind the header, cleared

All are chained from `g.gc_udata`, newest first: the collector looks there for those that died, and moves the
ones whose metatable has a `__gc` to `g.gc_pending`, where they wait for it to be called (`finalize.py`).
"""

from __future__ import annotations

from ir.objects import GCT_UDATA, UDTYPE_BUFFER, UDTYPE_USERDATA, VM, Buffer, GCObject, GCtab, GCudata, TValue
from jitvm.native import Ptr, addr, i32, inline, native, u8, u32, u64
from jitvm.runtime.alloc import mem_alloc
from jitvm.runtime.value import is_udata, udata_of

GCUDATA_SIZE = GCudata.sizeof()


@native
def udata_new(g: Ptr[VM], metatable: Ptr[GCtab]) -> Ptr[GCudata]:
    """A plain one."""
    return udata_sized(g, metatable, u64(0))


@native
def udata_sized(g: Ptr[VM], metatable: Ptr[GCtab], size: u64) -> Ptr[GCudata]:
    """One with a payload."""
    ud = Ptr[GCudata](mem_alloc(g, size + GCUDATA_SIZE))
    if size != 0:
        g.memset(Ptr[u8](addr(ud) + GCUDATA_SIZE), i32(0), size)
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


# Buffers: see `sbuf.py`.


@inline
def is_buffer(tv: Ptr[TValue]) -> bool:
    return is_udata(tv) and udata_of(tv).udtype == UDTYPE_BUFFER


@inline
def buffer_of(ud: Ptr[GCudata]) -> Ptr[Buffer]:
    return Ptr[Buffer](addr(ud) + GCUDATA_SIZE)


@inline
def buffer_size(buf: Ptr[Buffer]) -> u32:
    """How many bytes there are to get."""
    return u32(addr(buf.w) - addr(buf.r))
