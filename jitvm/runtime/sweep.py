"""After the marking: dead strings leave the intern table, weak tables lose what died, memory becomes free.

    cost = sweep_chains(g)          the next few chains of the intern table; cost in bytes
    exchange_marks(g)               from now on the allocator finds what died

Cells are not touched: the allocator finds the dead ones by their missing marks when it wants memory
(alloc.py). Only blocks are sorted here, at one go: those with live cells into the lists of their classes, the
others into spans that any class can use.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, GCtab, GCudata, State, TValue
from jitvm.native import Ptr, addr, inline, native, u8, u32, u64
from jitvm.runtime.alloc import (
    BLOCK_SHIFT,
    CLASS_SIZES,
    LARGE,
    append_block,
    block_at,
    block_index,
    class_at,
    clear_bit,
    is_marked,
)
from jitvm.runtime.func import func_close
from jitvm.runtime.mark import WEAK_VALUES, mark_object, propagate, weakness
from jitvm.runtime.meta import MM_GC, meta_fast
from jitvm.runtime.state import stack_resize
from jitvm.runtime.value import POINTER, is_gcobj, is_nil, is_str, is_udata, obj_of, set_nil

CLASS_COUNT = len(CLASS_SIZES)
#: Words of mark bits per block.
MARK_WORDS = 1 << (BLOCK_SHIFT - 4 - 6)
#: Free memory that is not given back, besides as much as is in use.
KEEP_FREE = 32 << 20
MADV_DONTNEED = 4
#: Chains of the intern table that are swept at a time, and what a chain and a string cost.
CHAINS = 64
CHAIN_COST, STRING_COST = 1, 6


# With the program stopped.


@native
def clear_weak(g: Ptr[VM]) -> None:
    """Entries of weak tables whose key or value died go, and values that are finalized.  Strings never do."""
    t = Ptr[GCtab](g.gc_weak)
    while t != None:  # noqa: E711
        if weakness(g, t.metatable) & WEAK_VALUES != 0:
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
    g.gc_weak = 0


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


@native
def mark_pending(g: Ptr[VM]) -> None:
    """Userdata that wait for their finalizers live on, with all they refer to."""
    ud = g.gc_pending
    while ud:
        mark_object(g, addr(ud))
        ud = ud.next
    propagate(g)


@native
def drop_threads(g: Ptr[VM]) -> None:
    """Dead threads leave the chain.  Upvalues that were open in them and live on get a place of their own."""
    before = Ptr[State](u64(0))
    L = g.gc_threads
    while L:
        after = L.next
        if is_marked(g, addr(L)):
            before = L
        else:
            func_close(g, L, L.stack)
            if before:
                before.next = after
            else:
                g.gc_threads = after
        L = after


@native
def shrink_stacks(g: Ptr[VM]) -> None:
    """Stacks that were mostly unused.  The running thread's stays: native code holds pointers into it."""
    L = g.gc_shrink
    while L:
        stack_resize(g, L, L.stacksize >> 1)
        L = Ptr[State](addr(L.gclist))


@native
def drop_freelists(g: Ptr[VM]) -> None:
    """From now on new objects are marked: free cells that are not come back after the sweep."""
    for cls in range(CLASS_COUNT):
        g.freelists[cls] = 0


# Step by step.


@native
def sweep_chains(g: Ptr[VM]) -> u64:
    """Takes the dead strings out of some chains of the intern table."""
    cost = u64(0)
    i = g.gc_chain
    end = i + CHAINS
    while i < end and i <= g.strmask:
        cost += sweep_chain(g, g.strhash + i)
        i += 1
    g.gc_chain = i
    return cost


@native
def sweep_chain(g: Ptr[VM], chain: Ptr[Ptr[GCstr]]) -> u64:
    cost = u64(CHAIN_COST)
    kept = Ptr[GCstr](u64(0))
    s = chain[0]
    while s != None:  # noqa: E711
        after = s.next
        cost += STRING_COST
        if is_marked(g, addr(s)):
            kept = s
        else:
            g.strnum = g.strnum - 1
            if kept != None:  # noqa: E711
                kept.next = after
            else:
                chain[0] = after
        s = after
    return cost


# Memory.


@native
def exchange_marks(g: Ptr[VM]) -> None:
    """The marks just made are the allocator's; the old ones will be cleared for the next cycle."""
    for cls in range(CLASS_COUNT):
        cell = g.freelists[cls]
        while cell != 0:
            clear_bit(g, g.gc_marks, cell)
            cell = Ptr[u64](cell)[0]
    marks, top = g.gc_marks, g.gc_taken_top
    g.gc_marks = g.gc_taken
    g.gc_taken = marks
    g.gc_taken_top = g.heap_top
    g.gc_marks_top = top
    g.gc_total = g.gc_total - g.gc_dead
    if g.heap_top > g.gc_peak:
        g.gc_peak = g.heap_top
    sweep_blocks(g)
    release_memory(g)


@native
def release_memory(g: Ptr[VM]) -> None:
    """Gives free memory beyond what will soon be used again back to the system."""
    keep = (g.gc_total >> BLOCK_SHIFT << BLOCK_SHIFT) + KEEP_FREE
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
    """Does the block (or the span that starts there) hold a live cell?"""
    words = Ptr[u64](g.gc_taken) + (u64(index) * MARK_WORDS)
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
    cls = (block_at(g, index).size + 15) >> 4
    if cls >= CLASS_LINEAR:
        cls = Ptr[u8](g.gc_classof)[cls]
    append_block(g, cls, index)


#: Classes from here on are not size / 16.
CLASS_LINEAR = next(n for n, size in enumerate(CLASS_SIZES) if size != 16 * n)
