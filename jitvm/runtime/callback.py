"""Native library functions that call Lua functions: gsub, sort, and whatever takes a function.

    slot = L.top
    copy(slot, f)                    the function; one slot above it stays free for the frame link
    copy(slot + 2, argument)
    count = call_lua(g, L, slot, 1)  results begin at L.top - count
    if unlikely(count < 0):
        return -1                    the error is in g.errval, and goes on

The interpreter is entered anew on the C stack, as LuaJIT does for such functions.  So a coroutine cannot
yield through them; how deep they may nest is limited, because the C stack is.

Invariants: afterwards `L.base` is the caller's frame, as before, but maybe in another place: what points
into the stack is computed anew.  The shared buffer (`buf_need`) and the match state are not kept.
"""

from __future__ import annotations

from ir.objects import VM, Frame, State, TValue
from jitvm.native import Ptr, addr, i64, native, u32, u64, unlikely
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import CALL, FOUND, index_chain
from jitvm.runtime.value import copy, set_nil

#: How deep natives and Lua functions may nest; a level takes some 3 KB of the C stack.
MAX_NATIVE_CALLS = 800
INDEX_LOOP = int(Bad.INDEX_LOOP)
CP, C_STACK = int(Frame.CP), int(Bad.C_STACK)


@native
def call_lua(g: Ptr[VM], L: Ptr[State], slot: Ptr[TValue], nargs: u32) -> i64:
    """Calls the value at `slot`.  The number of results, which end at L.top; -1 for an error."""
    if unlikely(g.native_calls >= MAX_NATIVE_CALLS):
        g.errcode = C_STACK
        g.errarg = 0
        return -1
    frame = addr(L.base) - addr(L.stack)
    base = slot + 2
    (slot + 1).bits = addr(base) - addr(L.base) | CP
    L.top = base + nargs
    vmstate = g.vmstate
    g.multres = u64(nargs) + 1
    g.native_calls = g.native_calls + 1
    status = g.enter(g, L, g.start_pc, base, u64(0))
    g.native_calls = g.native_calls - 1
    g.vmstate = vmstate
    L.base = Ptr[TValue](addr(L.stack) + frame)
    if unlikely(status < 0):
        g.errcode = 0
    return status


@native
def index_value(g: Ptr[VM], L: Ptr[State], obj: Ptr[TValue], slot: Ptr[TValue]) -> bool:
    """Replaces the key in `slot`, the last slot in use, by what a table has for it; False: an error."""
    how = index_chain(g, obj, slot)
    if how == FOUND:
        copy(slot, g.chain_slot)
        return True
    if unlikely(how != CALL):
        g.errcode = INDEX_LOOP
        g.errarg = 0
        return False
    offset = addr(slot) - addr(L.base)
    copy(slot + 3, slot)
    copy(slot + 2, g.chain_object)
    copy(slot, g.chain_slot)
    count = call_lua(g, L, slot, 2)
    if unlikely(count < 0):
        return False
    slot = Ptr[TValue](addr(L.base) + offset)
    if count == 0:
        set_nil(slot)
    else:
        copy(slot, L.top - count)
    L.top = slot
    return True
