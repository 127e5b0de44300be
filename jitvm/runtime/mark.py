"""Marking: what is reachable, traversed object by object.

    mark_roots(g)                   marks what is reachable by itself, and pushes it onto the gray stack
    cost = propagate_one(g)         takes one object from the stack and marks what it refers to; cost in bytes

White objects have no mark bit; gray ones have, and wait on the stack (`gc_grays`); black ones have been
traversed, and have the color of the cycle (barrier.py). Memory that belongs to an object (array and hash
part, stack) is a cell of its own, marked with it. A large table is traversed in slices: the stack then holds
an index and, above it, the table's address plus one.

Traversed once more, in part at the end of the marking, is what barriers have noted (`gc_again`). Only at its
end: every thread, for there are no barriers on stacks, and weak tables, which are chained from `gc_weak`.
Neither of them is black before.

Roots: the main and the running thread, globals, registry, metatables of basic types, metamethod names, the
error on its way, and the handle table: what Python and the traces hold on to.

Invariants: stack slots from `top` on are set to nil when the marking ends, so that a slot never holds an
object that was freed. In the running Lua function all slots of the frame count as live.
"""

from __future__ import annotations

from ir.objects import (
    GCT_FUNC,
    GCT_PROTO,
    GCT_STR,
    GCT_TAB,
    GCT_THREAD,
    GCT_UDATA,
    GCT_UPVAL,
    UDTYPE_BUFFER,
    VM,
    GCfunc,
    GCObject,
    GCproto,
    GCstr,
    GCtab,
    GCudata,
    GCupval,
    State,
    TValue,
)
from jitvm.native import Ptr, addr, i64, inline, native, u32, u64
from jitvm.runtime.alloc import MARK, cell_size, is_marked, set_mark
from jitvm.runtime.meta import MM_MODE
from jitvm.runtime.sbuf import is_borrowed
from jitvm.runtime.state import START
from jitvm.runtime.table import tab_getstr
from jitvm.runtime.udata import buffer_of
from jitvm.runtime.value import (
    func_of,
    func_proto,
    is_func,
    is_gcobj,
    is_lua,
    is_nil,
    is_str,
    obj_of,
    set_nil,
    str_data,
    str_of,
)

BASE_METATABLES, MM_NAMES = 24, 32
#: Stacks of more slots may be made smaller.
SHRINK_FROM = 4 * START
WEAK_KEYS, WEAK_VALUES = 1, 2
LETTER_K, LETTER_V = ord("k"), ord("v")
#: Slots of a table that are traversed at a time, and what one more object costs.
SLICE = 1024
OBJECT_COST = 64


@inline
def mark_memory(g: Ptr[VM], p: u64) -> None:
    """A cell that holds no object of its own."""
    if not is_marked(g, p):
        set_mark(g, p)
        g.gc_live = g.gc_live + cell_size(g, p)


@inline
def mark_object(g: Ptr[VM], p: u64) -> None:
    """Marks an object; what it refers to is marked later."""
    if not is_marked(g, p):
        push_gray(g, p)


@native
def push_gray(g: Ptr[VM], p: u64) -> None:
    """First visit of an object.  Strings refer to nothing."""
    set_mark(g, p)
    g.gc_live = g.gc_live + cell_size(g, p)
    if Ptr[GCObject](p).gct != GCT_STR:
        Ptr[u64](g.gc_grays)[g.gc_gray_count] = p
        g.gc_gray_count = g.gc_gray_count + 1


@inline
def mark_value(g: Ptr[VM], tv: Ptr[TValue]) -> None:
    if is_gcobj(tv):
        mark_object(g, addr(obj_of(tv)))


@inline
def mark_if(g: Ptr[VM], p: u64) -> None:
    """A pointer that may be null."""
    if p != 0:
        mark_object(g, p)


@native
def mark_roots(g: Ptr[VM]) -> None:
    """Everything that is reachable by itself, as things stand now."""
    mark_object(g, addr(g.main))
    mark_object(g, addr(g.cur))
    mark_object(g, addr(g.globals))
    mark_object(g, addr(g.stremptyz))
    mark_if(g, addr(g.io_input))
    mark_if(g, addr(g.io_output))
    mark_if(g, addr(g.io_metatable))
    mark_if(g, addr(g.buffer_metatable))
    mark_value(g, g.registry)
    mark_value(g, g.errval)
    for i in range(BASE_METATABLES):
        mark_if(g, g.basemt[i])
    for i in range(MM_NAMES):
        mark_if(g, g.mmnames[i])
    for i in range(u32(g.gc_handle_count)):
        mark_if(g, g.gc_handles[i])
    if addr(g.strhash) >= g.heap_first:
        mark_memory(g, addr(g.strhash))
    if addr(g.tmpbuf) >= g.heap_first:
        mark_memory(g, addr(g.tmpbuf))


@native
def propagate(g: Ptr[VM]) -> None:
    """Until no marked object refers to an unmarked one."""
    while g.gc_gray_count != 0:
        propagate_one(g)


@native
def propagate_one(g: Ptr[VM]) -> u64:
    """The object, or slice of one, on top of the stack."""
    top = g.gc_gray_count - 1
    p = Ptr[u64](g.gc_grays)[top]
    if p & 1:
        g.gc_gray_count = top - 1
        return traverse_slice(g, Ptr[GCtab](p - 1), u32(Ptr[u64](g.gc_grays)[top - 1]))
    g.gc_gray_count = top
    return traverse(g, p)


@native
def traverse(g: Ptr[VM], p: u64) -> u64:
    """Marks what an object refers to, and gives it the color of the cycle."""
    o = Ptr[GCObject](p)
    o.color = g.gc_epoch
    if g.gc_stress == VERIFY:
        Ptr[u64](g.gc_blacks)[g.gc_black_count] = p
        g.gc_black_count = g.gc_black_count + 1
    cost = u64(OBJECT_COST)
    kind = o.gct
    if kind == GCT_TAB:
        cost += traverse_table(g, Ptr[GCtab](p))
    elif kind == GCT_FUNC:
        cost += traverse_func(g, Ptr[GCfunc](p))
    elif kind == GCT_UPVAL:
        mark_value(g, Ptr[GCupval](p).v)
    elif kind == GCT_PROTO:
        cost += traverse_proto(g, Ptr[GCproto](p))
    elif kind == GCT_THREAD:
        cost += traverse_thread(g, Ptr[State](p))
    elif kind == GCT_UDATA:
        cost += traverse_udata(g, Ptr[GCudata](p))
    return cost


@native
def traverse_udata(g: Ptr[VM], ud: Ptr[GCudata]) -> u64:
    mark_if(g, addr(ud.metatable))
    mark_if(g, addr(ud.env))
    if ud.udtype != UDTYPE_BUFFER:
        return u64(0)
    buf = buffer_of(ud)
    mark_if(g, addr(buf.strings))
    mark_if(g, addr(buf.metatables))
    mark_if(g, addr(buf.ref))
    if addr(buf.b) != 0 and not is_borrowed(buf):
        mark_memory(g, addr(buf.b))
    return u64(OBJECT_COST)


#: Value of gc_stress: small steps, and barriers are checked.
VERIFY = 2


@native
def traverse_table(g: Ptr[VM], t: Ptr[GCtab]) -> u64:
    """Both parts.  The key of an entry without a value stays as it is: nobody looks through it."""
    weak: u32 = 0
    if t.metatable != None:  # noqa: E711
        mark_object(g, addr(t.metatable))
        weak = weakness(g, t.metatable)
    if t.asize != 0 and t.colo == 0:
        mark_memory(g, addr(t.array))
    if t.hmask != 0:
        mark_memory(g, addr(t.node))
    if weak != 0:
        t.color = 0
        t.gclist = Ptr[GCObject](g.gc_weak)
        g.gc_weak = addr(t)
        traverse_weak(g, t, weak)
        return u64(t.asize + t.hmask) << 4
    return traverse_slice(g, t, 0)


@native
def traverse_slice(g: Ptr[VM], t: Ptr[GCtab], first: u32) -> u64:
    """Some slots of a table, array part first; while the program waits for it, all that are left."""
    i = first
    end = t.asize + (t.hmask + 1 if t.hmask != 0 else 0)
    if g.gc_state == MARK and end > first + SLICE:
        end = first + SLICE
        push_slice(g, t, end)
    middle = end if end < t.asize else t.asize
    while i < middle:
        mark_value(g, t.array + i)
        i += 1
    while i < end:
        n = t.node + (i - t.asize)
        if not is_nil(n.val):
            mark_value(g, n.key)
            mark_value(g, n.val)
        i += 1
    return u64(end - first) << 4 if end > first else u64(0)


@native
def push_slice(g: Ptr[VM], t: Ptr[GCtab], index: u32) -> None:
    """The rest of a table is for later; what was found so far comes first."""
    top = Ptr[u64](g.gc_grays) + i64(g.gc_gray_count)
    top[0] = u64(index)
    top[1] = addr(t) + 1
    g.gc_gray_count = g.gc_gray_count + 2


@native
def traverse_weak(g: Ptr[VM], t: Ptr[GCtab], weak: u32) -> None:
    """The side of a weak table that is not."""
    if weak & WEAK_VALUES == 0:
        for i in range(t.asize):
            mark_value(g, t.array + i)
    if t.hmask != 0 and weak != WEAK_KEYS | WEAK_VALUES:
        for i in range(t.hmask + 1):
            n = t.node + i
            if not is_nil(n.val):
                mark_value(g, n.key if weak & WEAK_KEYS == 0 else n.val)


@native
def weakness(g: Ptr[VM], mt: Ptr[GCtab]) -> u32:
    """What a metatable's __mode says."""
    mode = tab_getstr(g, mt, Ptr[GCstr](g.mmnames[MM_MODE]))
    found: u32 = 0
    if is_str(mode):
        s = str_of(mode)
        for i in range(s.len):
            c = str_data(s)[i]
            found = found | (WEAK_KEYS if c == LETTER_K else 0) | (WEAK_VALUES if c == LETTER_V else 0)
    return found


@native
def traverse_func(g: Ptr[VM], fn: Ptr[GCfunc]) -> u64:
    """A Lua function keeps its prototype and upvalues, a builtin its values."""
    mark_if(g, addr(fn.env))
    if is_lua(fn):
        mark_object(g, addr(func_proto(fn)))
        for i in range(u32(fn.nupvalues)):
            mark_object(g, fn.uv[i])
    else:
        for i in range(u32(fn.nupvalues)):
            mark_value(g, Ptr[TValue](addr(fn.uv)) + i)
    return u64(fn.nupvalues) << 3


@native
def traverse_proto(g: Ptr[VM], pt: Ptr[GCproto]) -> u64:
    """Its constants, which stand below `k`, the first one on top."""
    first = pt.k - i64(pt.sizekgc)
    for i in range(pt.sizekgc):
        mark_if(g, first[i])
    return u64(pt.sizekgc) << 3


@native
def traverse_thread(g: Ptr[VM], L: Ptr[State]) -> u64:
    """Slots in use.  Whatever is found before the end of the marking is preliminary."""
    mark_if(g, addr(L.env))
    mark_if(g, addr(L.resumer))
    mark_memory(g, addr(L.stack))
    uv = L.openupval
    while uv != None:  # noqa: E711
        mark_object(g, addr(uv))
        uv = uv.next
    top = stack_top(g, L)
    if g.gc_state == MARK:
        L.color = 0
    else:
        clear_stack(g, L, top)
    slot = L.stack
    while slot < top:
        mark_value(g, slot)
        slot = slot + 1
    return u64(L.stacksize) << 3


@native
def clear_stack(g: Ptr[VM], L: Ptr[State], top: Ptr[TValue]) -> None:
    """Slots beyond the top.  A stack that is hardly used shrinks afterwards."""
    slot = top
    end = L.stack + L.stacksize
    while slot < end:
        set_nil(slot)
        slot = slot + 1
    if addr(L) != addr(g.cur) and L.stacksize > SHRINK_FROM and u32(top - L.stack) < L.stacksize >> 2:
        L.gclist = Ptr[GCObject](addr(g.gc_shrink))
        g.gc_shrink = L


@native
def stack_top(g: Ptr[VM], L: Ptr[State]) -> Ptr[TValue]:
    """The first slot not in use.  While a Lua function runs, its whole frame is."""
    top = L.top
    if is_func(L.base - 2):
        fn = func_of(L.base - 2)
        if is_lua(fn):
            frame = L.base + u32(func_proto(fn).framesize)
            top = frame if top < frame else top
    return top


@native
def remark(g: Ptr[VM]) -> None:
    """The end of the marking, with the program stopped: what may have changed since it was traversed."""
    mark_roots(g)
    propagate(g)
    while g.gc_next < g.gc_again:
        remark_one(g)
        propagate(g)
    remark_threads(g)
    t = Ptr[GCtab](g.gc_weak)
    g.gc_weak = 0
    while t != None:  # noqa: E711
        after = Ptr[GCtab](addr(t.gclist))
        traverse(g, addr(t))
        propagate(g)
        t = after


@native
def remark_one(g: Ptr[VM]) -> u64:
    """Traverses the next object that a barrier has noted."""
    p = Ptr[u64](g.gc_next)[0]
    g.gc_next = g.gc_next + 8
    return traverse(g, p) if is_marked(g, p) else u64(OBJECT_COST)  # Not marked: it has a color by chance.


@native
def remark_threads(g: Ptr[VM]) -> None:
    """All stacks in use; of threads that nothing refers to, the variables that a function uses."""
    L = g.gc_threads
    while L:
        if not is_marked(g, addr(L)):
            uv = L.openupval
            while uv:
                if is_marked(g, addr(uv)):
                    mark_value(g, uv.v)
                uv = uv.next
        elif L.color != g.gc_epoch:
            traverse(g, addr(L))
        propagate(g)
        L = L.next
