"""The collector: mark from the roots, rewind the allocator's cursors; memory is swept when it is wanted.

    gc_check(g)         in handlers, after `L.base` and `L.top` were stored, before an allocation

A collection is atomic: no Lua code runs between its first and last mark, so barriers are empty
(`barrier.py`).  The mark bits stand beside the arena; an object is live if its bit is set when marking is
done, and everything else is free, without being touched.  Memory that belongs to an object (array and hash
part, stack) is a cell of its own, marked with it.  Only strings need a sweep: the dead ones leave the
intern table before their memory is used again.

Roots: the main and the running thread, globals, registry, metatables of basic types, metamethod names, the
error on its way, and the handle table: what Python and the traces hold on to.

Invariants: no object moves.  Stack slots from `top` on are set to nil, so that a slot never holds an
object that was freed.  In the running Lua function all slots of the frame count as live.

Does not do: calling finalizers (`finalize.py`), freeing prototypes.
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
from jitvm.native import Ptr, addr, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import (
    BLOCK_SHIFT,
    CLASS_SIZES,
    CODE_OFFSET,
    LARGE,
    OUT_OF_MEMORY,
    block_at,
    block_index,
    cell_size,
    class_at,
    is_marked,
    set_mark,
)
from jitvm.runtime.meta import MM_GC, MM_MODE, meta_fast
from jitvm.runtime.state import START, stack_resize
from jitvm.runtime.table import tab_getstr
from jitvm.runtime.value import (
    POINTER,
    func_of,
    func_proto,
    is_func,
    is_gcobj,
    is_lua,
    is_nil,
    is_str,
    is_udata,
    obj_of,
    set_nil,
    str_data,
    str_of,
)

#: Bytes of allocation before the first collection, and the least between two.
GC_HEADROOM = 4 << 20
CLASS_COUNT = len(CLASS_SIZES)
#: Words of mark bits per block.
MARK_WORDS = 1 << (BLOCK_SHIFT - 4 - 6)
BASE_METATABLES, MM_NAMES = 24, 32
#: Stacks of more slots may be made smaller.
SHRINK_FROM = 4 * START
#: Free memory that is not given back, besides as much as is in use.
KEEP_FREE = 32 << 20
MADV_DONTNEED = 4
WEAK_KEYS, WEAK_VALUES = 1, 2
LETTER_K, LETTER_V = ord("k"), ord("v")


@inline
def gc_check(g: Ptr[VM]) -> None:
    """Where a collection may happen."""
    if unlikely(g.gc_total >= g.gc_threshold):
        gc_step(g)


@native
def gc_step(g: Ptr[VM]) -> None:
    """The threshold is reached, where no finalizer may run: those that wait come first."""
    if unlikely(g.gc_stopped != 0):  # Also while a trace is recorded: its constants are not rooted yet.
        check_limit(g)
        return
    if not g.gc_pending or g.gc_finalizing != 0:
        gc_full(g)
    check_limit(g)
    if g.gc_pending:
        g.gc_threshold = 0


@native
def check_limit(g: Ptr[VM]) -> None:
    """A program that has too much is stopped where it next comes by."""
    if unlikely(g.gc_total > g.heap_limit):
        g.upcall(OUT_OF_MEMORY, u64(0), u64(0), u64(0))


@native
def gc_full(g: Ptr[VM]) -> None:
    """A whole collection."""
    clear_marks(g)
    g.gc_live = 0
    g.gc_gray_count = 0
    g.gc_weak = 0
    g.gc_shrink = Ptr[State](u64(0))
    if g.heap_top > g.gc_peak:
        g.gc_peak = g.heap_top
    mark_roots(g)
    propagate(g)
    separate_udata(g, u32(0))
    clear_weak(g)
    sweep_strings(g)
    sweep_blocks(g)
    release_memory(g)
    g.gc_total = g.gc_live
    shrink_stacks(g)
    g.gc_estimate = g.gc_live
    g.gc_cycles = g.gc_cycles + 1
    gc_set_threshold(g)


@native
def gc_set_threshold(g: Ptr[VM]) -> None:
    """When to collect next: live memory times the pause, or never, or at once."""
    grown = g.gc_estimate + (g.gc_estimate >> 7) * u64(g.gc_pause - 100 if g.gc_pause > 100 else 0)
    least = g.gc_total + GC_HEADROOM
    if grown > g.heap_limit:
        grown = g.heap_limit
    g.gc_threshold = grown if grown > least else least
    if g.gc_stopped != 0:
        g.gc_threshold = g.heap_limit
    elif g.gc_stress != 0:
        g.gc_threshold = g.gc_total + 1  # At every check that follows an allocation.


# Marking.


@inline
def mark_memory(g: Ptr[VM], p: u64) -> None:
    """A cell that holds no object of its own."""
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
def clear_marks(g: Ptr[VM]) -> None:
    """Only prototypes and the part of the heap in use have marks."""
    code = (g.code_top - g.heap_base - CODE_OFFSET) >> 7
    g.memset(Ptr[u8](g.gc_marks + (CODE_OFFSET >> 7)), 0, code + 8)
    first = (g.heap_first - g.heap_base) >> 7
    g.memset(Ptr[u8](g.gc_marks + first), 0, ((g.heap_top - g.heap_base) >> 7) - first)


@native
def mark_roots(g: Ptr[VM]) -> None:
    """Everything that is reachable by itself."""
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
        g.gc_gray_count = g.gc_gray_count - 1
        p = Ptr[u64](g.gc_grays)[g.gc_gray_count]
        kind = Ptr[GCObject](p).gct
        if kind == GCT_TAB:
            traverse_table(g, Ptr[GCtab](p))
        elif kind == GCT_FUNC:
            traverse_func(g, Ptr[GCfunc](p))
        elif kind == GCT_UPVAL:
            mark_value(g, Ptr[GCupval](p).tv)
        elif kind == GCT_PROTO:
            traverse_proto(g, Ptr[GCproto](p))
        elif kind == GCT_THREAD:
            traverse_thread(g, Ptr[State](p))
        elif kind == GCT_UDATA:
            mark_if(g, addr(Ptr[GCudata](p).metatable))
            mark_if(g, addr(Ptr[GCudata](p).env))


@native
def traverse_table(g: Ptr[VM], t: Ptr[GCtab]) -> None:
    """Both parts.  The key of an entry without a value stays as it is: nobody looks through it."""
    weak: u32 = 0
    if t.metatable != None:  # noqa: E711
        mark_object(g, addr(t.metatable))
        weak = weakness(g, t.metatable)
    t.flags = weak
    if weak != 0:
        t.gclist = Ptr[GCObject](g.gc_weak)
        g.gc_weak = addr(t)
    if t.asize != 0:
        if t.colo == 0:
            mark_memory(g, addr(t.array))
        if weak & WEAK_VALUES == 0:
            for i in range(t.asize):
                mark_value(g, t.array + i)
    if t.hmask != 0:
        mark_memory(g, addr(t.node))
        for i in range(t.hmask + 1):
            n = t.node + i
            if not is_nil(n.val):
                if weak & WEAK_KEYS == 0:
                    mark_value(g, n.key)
                if weak & WEAK_VALUES == 0:
                    mark_value(g, n.val)


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
def clear_weak(g: Ptr[VM]) -> None:
    """Entries of weak tables whose key or value died go, and values that are finalized.  Strings never do."""
    t = Ptr[GCtab](g.gc_weak)
    while t != None:  # noqa: E711
        if u32(t.flags) & WEAK_VALUES != 0:
            for i in range(t.asize):
                if is_dying(g, t.array + i) or is_finalized(t.array + i):
                    set_nil(t.array + i)
        if t.hmask != 0:
            for i in range(t.hmask + 1):
                n = t.node + i
                if not is_nil(n.val):
                    if is_dying(g, n.key) or is_dying(g, n.val) or is_finalized(n.val):
                        set_nil(n.val)
        t = Ptr[GCtab](addr(t.gclist))


@native
def is_dying(g: Ptr[VM], tv: Ptr[TValue]) -> bool:
    """Holds an object without a mark; a string gets one."""
    dying = False
    if is_gcobj(tv):
        if is_str(tv):
            mark_object(g, addr(obj_of(tv)))
        dying = not is_marked(g, addr(obj_of(tv)))
    return dying


@inline
def is_finalized(tv: Ptr[TValue]) -> bool:
    return is_udata(tv) and Ptr[GCudata](tv.bits & POINTER).finalized != 0


@native
def separate_udata(g: Ptr[VM], every: u32) -> None:
    """Moves dead userdata (or `every` one) with a finalizer to gc_pending, and keeps those alive."""
    before = Ptr[GCudata](u64(0))
    last = g.gc_pending
    while last and last.next:
        last = last.next
    ud = g.gc_udata
    while ud:
        after = ud.next
        dead = every != 0 or not is_marked(g, addr(ud))
        if dead and ud.finalized == 0 and not is_nil(meta_fast(g, ud.metatable, MM_GC)):
            ud.finalized = 1
            ud.next = Ptr[GCudata](u64(0))
            if last:
                last.next = ud
            else:
                g.gc_pending = ud
            last = ud
            dead = True
        elif every != 0:
            dead = False
        if not dead:
            before = ud
        elif before:
            before.next = after
        else:
            g.gc_udata = after
        ud = after
    ud = g.gc_pending
    while ud:
        mark_object(g, addr(ud))
        ud = ud.next
    propagate(g)


@native
def traverse_func(g: Ptr[VM], fn: Ptr[GCfunc]) -> None:
    """A Lua function keeps its prototype and upvalues, a builtin its values."""
    mark_if(g, addr(fn.env))
    if is_lua(fn):
        mark_object(g, addr(func_proto(fn)))
        for i in range(u32(fn.nupvalues)):
            mark_object(g, fn.uv[i])
    else:
        for i in range(u32(fn.nupvalues)):
            mark_value(g, Ptr[TValue](addr(fn.uv)) + i)


@native
def traverse_proto(g: Ptr[VM], pt: Ptr[GCproto]) -> None:
    """Its constants, which stand below `k`, the first one on top."""
    first = pt.k - i64(pt.sizekgc)
    for i in range(pt.sizekgc):
        mark_if(g, first[i])


@native
def traverse_thread(g: Ptr[VM], L: Ptr[State]) -> None:
    """Slots in use are marked, the others cleared.  A stack that is hardly used shrinks afterwards."""
    mark_if(g, addr(L.env))
    mark_if(g, addr(L.resumer))
    mark_memory(g, addr(L.stack))
    end = L.stack + L.stacksize
    top = stack_top(g, L)
    slot = L.stack
    while slot < top:
        mark_value(g, slot)
        slot = slot + 1
    while slot < end:
        set_nil(slot)
        slot = slot + 1
    if addr(L) != addr(g.cur) and L.stacksize > SHRINK_FROM and u32(top - L.stack) < L.stacksize >> 2:
        L.gclist = Ptr[GCObject](addr(g.gc_shrink))
        g.gc_shrink = L
    uv = L.openupval
    while uv != None:  # noqa: E711
        mark_object(g, addr(uv))
        uv = uv.next


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


# Afterwards.


@native
def shrink_stacks(g: Ptr[VM]) -> None:
    """Stacks that were mostly unused.  The running thread's stays: native code holds pointers into it."""
    L = g.gc_shrink
    while L:
        stack_resize(g, L, L.stacksize >> 1)
        L = Ptr[State](addr(L.gclist))


@native
def release_memory(g: Ptr[VM]) -> None:
    """Gives free memory beyond what will soon be used again back to the system."""
    keep = (g.gc_live >> BLOCK_SHIFT << BLOCK_SHIFT) + KEEP_FREE
    index = g.gc_spans
    while index != 0:
        b = block_at(g, index)
        size = u64(b.span) << BLOCK_SHIFT
        if size <= keep:
            keep -= size
        else:
            g.madvise(g.heap_base + (u64(index) << BLOCK_SHIFT) + keep, size - keep, MADV_DONTNEED)
            keep = 0
        index = b.next
    if g.gc_peak > g.heap_top + keep:
        g.madvise(g.heap_top + keep, g.gc_peak - g.heap_top - keep, MADV_DONTNEED)
        g.gc_peak = g.heap_top + keep


# Sweeping.


@native
def sweep_strings(g: Ptr[VM]) -> None:
    """Takes dead strings out of the intern table."""
    for i in range(g.strmask + 1):
        kept = Ptr[GCstr](u64(0))
        s = g.strhash[i]
        while s != None:  # noqa: E711
            after = s.next
            if is_marked(g, addr(s)):
                if kept != None:  # noqa: E711
                    kept.next = s
                else:
                    g.strhash[i] = s
                kept = s
            else:
                g.strnum = g.strnum - 1
            s = after
        if kept != None:  # noqa: E711
            kept.next = Ptr[GCstr](u64(0))
        else:
            g.strhash[i] = kept


@native
def sweep_blocks(g: Ptr[VM]) -> None:
    """Sorts all blocks: those with live cells into the lists of their classes, the others into free spans."""
    for cls in range(CLASS_COUNT):
        c = class_at(g, u32(cls))
        c.first = 0
        c.last = 0
        g.freelists[cls] = 0
    g.gc_spans = 0
    tail: u32 = 0  # Last free span.
    run: u32 = 0  # First block of the free ones just before `index`.
    index = block_index(g, g.heap_first)
    end = block_index(g, g.heap_top)
    while index < end:
        b = block_at(g, index)
        span: u32 = 1
        if b.size == LARGE:
            span = b.span
        if block_lives(g, index, b.size):
            if run != 0:
                add_span(g, tail, run, index)
                tail = run
                run = 0
            if b.size != LARGE:
                keep_block(g, index)
        else:
            for i in range(span):
                block_at(g, index + i).size = 0
            if run == 0:
                run = index
        index += span
    if run != 0:
        g.heap_top = g.heap_base + (u64(run) << BLOCK_SHIFT)
    for cls in range(CLASS_COUNT):
        c = class_at(g, u32(cls))
        c.block = c.first
        c.cursor = 0


@native
def block_lives(g: Ptr[VM], index: u32, size: u32) -> bool:
    """Does the block (or the span that starts there) hold a marked cell?"""
    words = Ptr[u64](g.gc_marks) + (u64(index) * MARK_WORDS)
    if size == 0:
        return False
    if size == LARGE:
        return words[0] & 1 != 0
    i: u32 = 0
    while i < MARK_WORDS and words[i] == 0:
        i += 1
    return i < MARK_WORDS


@native
def add_span(g: Ptr[VM], tail: u32, first: u32, end: u32) -> None:
    """Appends a free span to the list."""
    b = block_at(g, first)
    b.span = end - first
    b.next = 0
    if tail != 0:
        block_at(g, tail).next = first
    else:
        g.gc_spans = first


@native
def keep_block(g: Ptr[VM], index: u32) -> None:
    """Appends a block to the list of its class."""
    b = block_at(g, index)
    cls = (b.size + 15) >> 4
    if cls >= CLASS_LINEAR:
        cls = Ptr[u8](g.gc_classof)[cls]
    c = class_at(g, cls)
    b.next = 0
    b.order = 0
    if c.last != 0:
        last = block_at(g, c.last)
        last.next = index
        b.order = last.order + 1
    else:
        c.first = index
    c.last = index


#: Classes from here on are not size / 16.
CLASS_LINEAR = next(n for n, size in enumerate(CLASS_SIZES) if size != 16 * n)
