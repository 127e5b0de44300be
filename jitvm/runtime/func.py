"""Functions and upvalues.

    fn = func_new(g, L, pt, parent)     FNEW: upvalues from the running frame or from the parent
    func_close(g, L, level)             UCLO: upvalues of slots from `level` on get a place of their own

An open upvalue points at a stack slot; a thread lists its open ones, highest slot first, so that two
closures over one variable share one upvalue.  It does not keep the thread alive: the collector closes what a
dead one leaves behind.  A descriptor (`proto.uv[i]`) is a slot number with UV_LOCAL, or the number of the
parent's upvalue.
"""

from __future__ import annotations

from ir.objects import GCT_FUNC, GCT_UPVAL, VM, GCfunc, GCproto, GCtab, GCupval, State, TValue
from jitvm.native import Ptr, addr, native, u32, u64
from jitvm.runtime.alloc import alloc, mem_alloc
from jitvm.runtime.barrier import barrier_upvalue
from jitvm.runtime.value import copy, proto_bc, set_nil

UV_LOCAL, UV_IMMUTABLE = 0x8000, 0x4000
GCFUNC_SIZE = GCfunc.sizeof()
GCUPVAL_SIZE = GCupval.sizeof()


@native
def upvalue_find(g: Ptr[VM], L: Ptr[State], slot: Ptr[TValue]) -> Ptr[GCupval]:
    """The open upvalue of a stack slot, new or not."""
    before = Ptr[GCupval](u64(0))
    uv = L.openupval
    while uv != None and addr(uv.v) >= addr(slot):  # noqa: E711
        if addr(uv.v) == addr(slot):
            return uv
        before = uv
        uv = uv.next
    fresh = Ptr[GCupval](alloc(g, GCUPVAL_SIZE))
    fresh.gct = GCT_UPVAL
    fresh.color = 0
    fresh.closed = 0
    fresh.immutable = 0
    fresh.dhash = 0
    fresh.v = slot
    set_nil(fresh.tv)
    fresh.next = uv
    if before != None:  # noqa: E711
        before.next = fresh
    else:
        L.openupval = fresh
    return fresh


@native
def upvalue_closed(g: Ptr[VM]) -> Ptr[GCupval]:
    """A closed upvalue that holds nil."""
    uv = Ptr[GCupval](alloc(g, GCUPVAL_SIZE))
    uv.gct = GCT_UPVAL
    uv.color = 0
    uv.closed = 1
    uv.immutable = 0
    uv.dhash = 0
    uv.v = uv.tv
    uv.next = Ptr[GCupval](u64(0))
    set_nil(uv.tv)
    return uv


@native
def func_close(g: Ptr[VM], L: Ptr[State], level: Ptr[TValue]) -> None:
    """Closes the open upvalues of `level` and above."""
    uv = L.openupval
    while uv != None and addr(uv.v) >= addr(level):  # noqa: E711
        after = uv.next
        copy(uv.tv, uv.v)
        barrier_upvalue(g, uv)
        uv.v = uv.tv
        uv.closed = 1
        uv.next = Ptr[GCupval](u64(0))
        uv = after
    L.openupval = uv


@native
def func_alloc(g: Ptr[VM], pt: Ptr[GCproto], env: Ptr[GCtab]) -> Ptr[GCfunc]:
    """A Lua function whose upvalues are still to be filled in."""
    fn = Ptr[GCfunc](mem_alloc(g, GCFUNC_SIZE + 8 * u64(pt.sizeuv)))
    fn.gct = GCT_FUNC
    fn.color = 0
    fn.ffid = 0
    fn.nupvalues = pt.sizeuv
    fn.pad = 0
    fn.env = env
    fn.pc = proto_bc(pt)
    fn.fn = 0
    return fn


@native
def func_new(g: Ptr[VM], L: Ptr[State], pt: Ptr[GCproto], parent: Ptr[GCfunc]) -> Ptr[GCfunc]:
    """A closure made by the function `parent`, whose frame is at L.base."""
    fn = func_alloc(g, pt, parent.env)
    for i in range(u32(pt.sizeuv)):
        v = pt.uv[i]
        if v & UV_LOCAL:
            uv = upvalue_find(g, L, L.base + (v & 0xFF))
            uv.immutable = (v >> 14) & 1
            uv.dhash = u32(addr(parent.pc)) ^ (v << 24)
            fn.uv[i] = addr(uv)
        else:
            fn.uv[i] = parent.uv[v]
    closures = pt.protoflags + PROTO_CLCOUNT
    pt.protoflags = closures - (closures >> PROTO_CLC_BITS & PROTO_CLCOUNT)
    return fn


#: protoflags counts the closures made of a prototype in its upper bits, up to seven (LuaJIT's PROTO_CLCOUNT).
PROTO_CLCOUNT, PROTO_CLC_BITS = 0x20, 3


@native
def func_new_main(g: Ptr[VM], pt: Ptr[GCproto]) -> Ptr[GCfunc]:
    """The function of a loaded chunk: its upvalues are closed and nil, its globals the running thread's."""
    fn = func_alloc(g, pt, g.cur.env)
    for i in range(u32(pt.sizeuv)):
        v = pt.uv[i]
        uv = upvalue_closed(g)
        uv.immutable = (v >> 14) & 1
        uv.dhash = u32(addr(pt)) ^ (v << 24)
        fn.uv[i] = addr(uv)
    return fn


@native
def func_new_builtin(g: Ptr[VM], ffid: u32, code: u64, pc: Ptr[u32], nupvalues: u32) -> Ptr[GCfunc]:
    """A library function; its upvalues are values, nil to begin with."""
    fn = Ptr[GCfunc](mem_alloc(g, GCFUNC_SIZE + 8 * u64(nupvalues)))
    fn.gct = GCT_FUNC
    fn.color = 0
    fn.ffid = ffid
    fn.nupvalues = nupvalues
    fn.pad = 0
    fn.env = g.globals
    fn.pc = pc
    fn.fn = code
    for i in range(nupvalues):
        fn.uv[i] = NIL_WORD
    return fn


NIL_WORD = (1 << 64) - 1
