"""Write barriers: called wherever a collectable value is stored into an object that is not new.

    slot.bits = value.bits
    barrier_back(g, t)

A step of the collector marks what some objects refer to and gives those its color (they are "black"); the
program then goes on, and might hide an unmarked object in one of them.  So a store takes the color from the
object again and notes it in `g.gc_again`: it is traversed once more at the end of the marking, when no
program runs.  Between cycles no object has `g.gc_color`, and a barrier is one comparison.

There is only this kind of barrier, for all kinds of objects: it is as cheap as any, and a second store
into the same object does nothing.  Colors differ from cycle to cycle, so that nothing has to reset them; an
object that has one by chance (there are few colors) is noted for nothing.

Needs none: stacks and other roots, which are traversed at the end anyway; an object made since the last step.
Traces do the same in line: see BARRIER in `ir/ops.py`.
"""

from __future__ import annotations

from ir.objects import VM, GCObject, GCtab, GCupval
from jitvm.native import Ptr, addr, inline, native, u64, unlikely


@inline
def note_change(g: Ptr[VM], p: Ptr[GCObject]) -> None:
    """An object of the cycle's color is to be traversed once more."""
    if unlikely(p.color == g.gc_color):
        p.color = 0
        end = Ptr[u64](g.gc_again)
        end[0] = addr(p)
        g.gc_again = addr(end + 1)


@inline
def barrier_back(g: Ptr[VM], t: Ptr[GCtab]) -> None:
    """Something was stored into a table, or it got another metatable."""
    note_change(g, Ptr[GCObject](addr(t)))


@inline
def barrier_upvalue(g: Ptr[VM], uv: Ptr[GCupval]) -> None:
    """A value was stored into an upvalue.  Open ones of unreachable threads count, too."""
    note_change(g, Ptr[GCObject](addr(uv)))


@native
def gc_barrier(g: Ptr[VM], p: Ptr[GCObject]) -> None:
    """An object of any kind was changed, by Python."""
    note_change(g, p)
