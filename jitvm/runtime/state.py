"""Lua threads: their stacks, and how they grow.

    if unlikely(addr(top) > addr(L.maxstack)):
        if stack_grow(g, L, need) != 0: ... "stack overflow"

A stack is one piece of memory that may move: everything that points into it is in the thread (base, top, open
upvalues) or in `g.jit_base`, and is relocated; native code reloads its own pointers after growing.

Invariants: `maxstack` leaves EXTRA slots for metamethod calls; slots from `top` on hold nils or values
that were alive at the last collection.  stack[0] and stack[1] are the frame of no function below the first
one.
"""

from __future__ import annotations

from ir.objects import GCT_THREAD, VM, GCupval, State, TValue
from jitvm.native import Ptr, addr, i32, likely, native, u32, u64
from jitvm.runtime.alloc import mem_alloc, mem_free
from jitvm.runtime.value import copy, set_nil, set_thread

MIN_FREE = 20  # LUA_MINSTACK
EXTRA = 7
START = 2 * MIN_FREE
MAX = 65500  # LUAI_MAXSTACK
MAX_EXTENDED = MAX + 1 + EXTRA
#: A message handler runs where there is more than that.  Its frame takes three slots more than LuaJIT's.
HANDLER_ROOM = 2 * MIN_FREE + 3
STATE_SIZE = State.sizeof()
#: State.status: not suspended by a yield (running, or new, or finished), suspended, ended by an error.
FRESH, YIELDED, CO_FAILED = 0, 1, 2
#: Results of `stack_grow`.
GROWN, STACK_OVERFLOW, ERROR_IN_ERROR = 0, 1, 2


@native
def state_new(g: Ptr[VM]) -> Ptr[State]:
    """A thread with an empty stack and the globals of the main thread."""
    L = Ptr[State](mem_alloc(g, STATE_SIZE))
    L.gct = GCT_THREAD
    L.color = 0
    L.status = 0
    L.handling = 0
    L.openupval = Ptr[GCupval](u64(0))
    L.env = g.globals
    L.vm = g
    L.cframe = 0
    L.resumer = Ptr[State](u64(0))
    L.next = g.gc_threads
    g.gc_threads = L
    size = START + EXTRA
    stack = Ptr[TValue](mem_alloc(g, 8 * size))
    for i in range(size):
        set_nil(stack + i)
    L.stack = stack
    L.stacksize = size
    L.maxstack = stack + (size - EXTRA - 1)
    set_thread(stack, L)
    L.base = stack + 2
    L.top = stack + 2
    return L


@native
def stack_resize(g: Ptr[VM], L: Ptr[State], slots: u32) -> None:
    """Room for `slots` slots, and the extra ones."""
    old, oldsize = L.stack, L.stacksize
    size = slots + 1 + EXTRA
    stack = Ptr[TValue](mem_alloc(g, 8 * u64(size)))
    kept = oldsize if oldsize < size else size
    for i in range(kept):
        copy(stack + i, old + i)
    for i in range(kept, size):
        set_nil(stack + i)
    L.stack = stack
    L.stacksize = size
    L.maxstack = stack + slots
    delta = addr(stack) - addr(old)
    L.base = Ptr[TValue](addr(L.base) + delta)
    L.top = Ptr[TValue](addr(L.top) + delta)
    if addr(g.jit_base) - addr(old) < 8 * u64(oldsize):
        g.jit_base = Ptr[TValue](addr(g.jit_base) + delta)
    uv = L.openupval
    while uv != None:  # noqa: E711
        uv.v = Ptr[TValue](addr(uv.v) + delta)
        uv = uv.next
    mem_free(g, addr(old), 8 * u64(oldsize))


@native
def stack_grow(g: Ptr[VM], L: Ptr[State], need: u32) -> i32:
    """At least `need` more slots: GROWN, or an error to raise.

    With a STACK_OVERFLOW comes room for its message and a handler, beyond the limit; ERROR_IN_ERROR: that
    was lent already."""
    slots = L.stacksize + need
    if likely(slots < MAX):
        if slots < 2 * L.stacksize:
            slots = 2 * L.stacksize
            if slots > MAX:
                slots = MAX
        stack_resize(g, L, slots)
        return GROWN
    if L.stacksize > MAX_EXTENDED:
        return ERROR_IN_ERROR
    stack_resize(g, L, u32(MAX + 1 + HANDLER_ROOM))
    return STACK_OVERFLOW


@native
def stack_relimit(g: Ptr[VM], L: Ptr[State]) -> None:
    """After an error: gives back the room that was lent for reporting an overflow."""
    if L.stacksize > MAX_EXTENDED and (L.top - L.stack) < MAX - 1:
        stack_resize(g, L, MAX)
