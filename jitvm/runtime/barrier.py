"""Write barriers: called wherever a collectable value is stored into an object that may be black.

Collections are atomic: no Lua code runs between marking the first and the last object, so a store never
needs one.  The calls are in place for an incremental collector; this is the one file it changes.
"""

from __future__ import annotations

from ir.objects import VM, GCObject, GCtab, TValue
from jitvm.native import Ptr, inline


@inline
def barrier_back(g: Ptr[VM], t: Ptr[GCtab]) -> None:
    """Something was stored into a table."""


@inline
def barrier_upvalue(g: Ptr[VM], value: Ptr[TValue]) -> None:
    """A value was stored into a closed upvalue."""


@inline
def barrier_forward(g: Ptr[VM], owner: Ptr[GCObject], value: Ptr[GCObject]) -> None:
    """An object was stored into another one that is written rarely."""
