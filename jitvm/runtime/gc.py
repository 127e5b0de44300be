"""The collector: incremental mark and sweep, a little work for every so many bytes of allocation.

    gc_check(g)         in handlers, after `L.base` and `L.top` were stored, before an allocation

A cycle: old marks are cleared (CLEAR); objects are marked, from the roots on (MARK, `mark.py`), while the
program runs and tells by barriers what it changes (`barrier.py`); with the program stopped, what may have
changed is traversed once more and it is settled what is dead (ATOMIC); dead strings leave the intern table
(SWEEP, `sweep.py`), and the allocator gets the new marks: everything without one is free, without being
touched. Then nothing happens until the heap has grown by as much as `pause` says (PAUSE).

The pace is LuaJIT's: for each byte allocated, `stepmul` percent of a byte are marked, STEP_BYTES bytes at a
time. The work of a step is a few ten microseconds; a program that allocates more between two checks has more
steps. A step happens between two bytecodes, or where a trace was left for it, never in the middle of a
native function: what that holds in its locals needs no root.

JITVM_GCSTRESS=1 makes a whole cycle at every check after an allocation; with 2 it is a step of one object,
and at the end of the marking `verify` looks for barriers that are missing.

Invariants: no object moves. In MARK no black object refers to a white one. In SWEEP everything that the
program can reach is marked.

Does not do: calling finalizers (`finalize.py`), freeing prototypes.
"""

from __future__ import annotations

from ir.objects import GCT_UPVAL, VM, GCObject, GCupval, State
from jitvm.native import Ptr, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.alloc import ATOMIC, CLEAR, CODE_OFFSET, MARK, OUT_OF_MEMORY, PAUSE, SWEEP
from jitvm.runtime.mark import (
    OBJECT_COST,
    VERIFY,
    mark_roots,
    propagate,
    propagate_one,
    remark,
    remark_one,
    traverse,
)
from jitvm.runtime.sweep import (
    clear_weak,
    drop_freelists,
    drop_threads,
    exchange_marks,
    mark_pending,
    separate_udata,
    shrink_stacks,
    sweep_chains,
)
from jitvm.runtime.upcalls import UPCALL_MISSING_BARRIER

#: Bytes of allocation before the first collection, and the least between two.
GC_HEADROOM = 2 << 20
#: Bytes of allocation between two steps.
STEP_BYTES = 32 << 10
#: The heap whose marks are cleared at a time, and how much of it costs as much as marking a byte.
CLEARED, CLEAR_SHIFT = 8 << 20, 10
#: How many bytes of the list of what barriers have noted may be left for the end.
FEW = 8 * 256
#: The work that this is counts as less, by so many bits.
HURRY = 2
#: Ends a step.
ALL = 1 << 62
#: VM.gc_color while nothing is marked, and the colors of cycles. New objects have none: 0.
NO_COLOR, COLORS = 255, 254
#: Value of gc_stress: whole cycles.
EVERY_TIME = 1


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
        if unlikely(g.gc_stress == EVERY_TIME):
            gc_full(g)
        else:
            gc_work(g, u64(1) if g.gc_stress == VERIFY else step_work(g))
    check_limit(g)
    if g.gc_pending and g.gc_finalizing == 0:
        g.gc_threshold = 0


@native
def check_limit(g: Ptr[VM]) -> None:
    """A program that has too much is stopped where it next comes by."""
    if unlikely(g.gc_total > g.heap_limit):
        g.upcall(OUT_OF_MEMORY, u64(0), u64(0), u64(0))


@inline
def step_work(g: Ptr[VM]) -> u64:
    """What STEP_BYTES bytes of allocation cost."""
    return u64(STEP_BYTES // 100) * u64(g.gc_stepmul) if g.gc_stepmul != 0 else u64(ALL)


@native
def gc_work(g: Ptr[VM], work: u64) -> bool:
    """Pays for a part of what has been allocated; whether a cycle is complete."""
    update_debt(g)
    done = u64(0)
    while done < work:
        done += gc_advance(g)
        if g.gc_state == PAUSE:
            gc_set_threshold(g)
            return True
    g.gc_debt = g.gc_debt - STEP_BYTES if g.gc_debt > STEP_BYTES else u64(0)
    gc_set_threshold(g)
    return False


@inline
def update_debt(g: Ptr[VM]) -> None:
    """What has been allocated since the last time."""
    if g.gc_total > g.gc_paid:
        g.gc_debt = g.gc_debt + (g.gc_total - g.gc_paid)
    g.gc_paid = g.gc_total


@native
def gc_advance(g: Ptr[VM]) -> u64:
    """The next bit of work; its cost in bytes."""
    if g.gc_state == MARK:
        return advance_marking(g)
    if g.gc_state == SWEEP:
        cost = sweep_chains(g)
        if g.gc_chain > g.strmask:
            finish_cycle(g)
        return cost
    if g.gc_state == PAUSE:
        g.gc_state = CLEAR
        g.gc_clear = g.heap_first
    return clear_marks(g)


@native
def advance_marking(g: Ptr[VM]) -> u64:
    """What barriers have noted is traversed again while the program runs, and faster than it can change as
    much once more, so that little is left for the end."""
    hurry: u32 = 0 if g.gc_round == ALL else HURRY
    if g.gc_gray_count != 0:
        return propagate_one(g) >> hurry
    if g.gc_next < g.gc_round_end:
        return remark_one(g) >> hurry
    waiting = g.gc_again - g.gc_next
    if waiting > FEW and waiting < g.gc_round:
        g.gc_round = waiting - (waiting >> 2)
        g.gc_round_end = g.gc_again
        return u64(OBJECT_COST)
    finish_marking(g)
    return u64(STEP_BYTES)


@native
def clear_marks(g: Ptr[VM]) -> u64:
    """Only prototypes and the part of the heap that was in use have marks."""
    end = g.gc_clear + CLEARED
    if end >= g.gc_marks_top:
        end = g.gc_marks_top
    if end > g.gc_clear:
        size = end - g.gc_clear
        g.memset(Ptr[u8](g.gc_marks + ((g.gc_clear - g.heap_base) >> 7)), 0, size >> 7)
        g.gc_clear = end
        if end < g.gc_marks_top:
            return size >> CLEAR_SHIFT
    code = (g.code_top - g.heap_base - CODE_OFFSET) >> 7
    g.memset(Ptr[u8](g.gc_marks + (CODE_OFFSET >> 7)), 0, code + 8)
    start_marking(g)
    return u64(STEP_BYTES)


@native
def start_marking(g: Ptr[VM]) -> None:
    """From the roots on."""
    g.gc_epoch = g.gc_epoch + 1 if g.gc_epoch < COLORS else 1
    g.gc_color = g.gc_epoch
    g.gc_state = MARK
    g.gc_live = 0
    g.gc_gray_count = 0
    g.gc_black_count = 0
    g.gc_weak = 0
    g.gc_again = g.gc_agains
    g.gc_next = g.gc_agains
    g.gc_round_end = g.gc_agains
    g.gc_round = ALL
    g.gc_shrink = Ptr[State](u64(0))
    mark_roots(g)


@native
def finish_marking(g: Ptr[VM]) -> None:
    """No program runs from here to the end of the function."""
    if g.gc_stress == VERIFY:
        verify(g)
    g.gc_state = ATOMIC
    g.gc_color = NO_COLOR
    remark(g)
    separate_udata(g, u32(0))
    mark_pending(g)
    clear_weak(g)
    drop_threads(g)
    g.gc_estimate = g.gc_live
    g.gc_dead = g.gc_total - g.gc_live
    g.gc_state = SWEEP
    g.gc_chain = 0
    drop_freelists(g)
    shrink_stacks(g)


@native
def finish_cycle(g: Ptr[VM]) -> None:
    exchange_marks(g)
    g.gc_state = PAUSE
    g.gc_cycles = g.gc_cycles + 1
    g.gc_debt = 0
    g.gc_paid = g.gc_total


@native
def gc_full(g: Ptr[VM]) -> None:
    """A whole collection; what is dead now will be free afterwards."""
    while g.gc_state == SWEEP:
        gc_advance(g)
    if g.gc_state == MARK:
        g.gc_marks_top = g.heap_top if g.heap_top > g.gc_marks_top else g.gc_marks_top
    g.gc_color = NO_COLOR
    g.gc_state = CLEAR
    g.gc_clear = g.heap_first
    while g.gc_state != PAUSE:
        gc_advance(g)
    gc_set_threshold(g)


@native
def gc_set_threshold(g: Ptr[VM]) -> None:
    """When to do more: live memory times the pause, or after a step, or never, or at once."""
    if g.gc_state != PAUSE:
        g.gc_threshold = g.gc_total if g.gc_debt > STEP_BYTES else g.gc_total + STEP_BYTES
    else:
        grown = g.gc_estimate + (g.gc_estimate >> 7) * u64(g.gc_pause - 100 if g.gc_pause > 100 else 0)
        least = g.gc_total + GC_HEADROOM
        if grown > g.heap_limit:
            grown = g.heap_limit
        g.gc_threshold = grown if grown > least else least
        g.gc_paid = g.gc_threshold
    if g.gc_stopped != 0:
        g.gc_threshold = g.heap_limit
    elif g.gc_stress != 0:
        g.gc_threshold = g.gc_total + 1  # At every check that follows an allocation.


@inline
def is_open(p: u64) -> bool:
    """An open upvalue: its value is on a stack."""
    return Ptr[GCObject](p).gct == GCT_UPVAL and Ptr[GCupval](p).closed == 0


@native
def verify(g: Ptr[VM]) -> None:
    """Traverses the black objects once more: there must be nothing left to mark."""
    i = u64(0)
    count = g.gc_black_count
    while i < count:
        p = Ptr[u64](g.gc_blacks)[i64(i)]
        if Ptr[GCObject](p).color == g.gc_color and not is_open(p):
            live = g.gc_live
            traverse(g, p)
            propagate(g)
            if g.gc_live != live:
                g.upcall(UPCALL_MISSING_BARRIER, p, u64(0), u64(0))
        i += 1
    g.gc_black_count = 0
