"""Frames and operands: what all handlers share, inline.

A frame has two slots below `base`: the function, and the link (`runtime/links.py`).

While a Lua function runs, `L.base` and `L.top` are stale; a handler stores them (`sync`) before it calls what
looks at the stack: the collector, an upcall.
"""

from __future__ import annotations

from ir.objects import VM, GCfunc, GCproto, GCtab, State, TValue
from ir.types import NUMBER_LIMIT_HI, TAG_FUNC, TAG_SHIFT
from jitvm.native import Interp, Ptr, addr, f64, i64, inline, u16, u32, u64
from jitvm.runtime.value import PROTO_SIZE

#: Size of an instruction word: a return address points past the call.
INS_SIZE = 4
#: Slots a frame link and function take below base.
FRAME_SLOTS = 2
#: Bits of a slot above the pointer.
TAG_BITS = 64 - TAG_SHIFT
JUMP_BIAS = 0x8000


# Values.


@inline
def number(slot: Ptr[TValue]) -> bool:
    return slot.hi < NUMBER_LIMIT_HI


@inline
def is_function(value: i64) -> bool:
    return (value >> TAG_SHIFT) == TAG_FUNC


@inline
def pointer(value: i64) -> u64:
    """The pointer under a tag.  Two shifts are shorter than a 47-bit mask."""
    return u64(value) << TAG_BITS >> TAG_BITS


@inline
def func_in(value: i64) -> Ptr[GCfunc]:
    return Ptr[GCfunc](pointer(value))


@inline
def table_in(value: i64) -> Ptr[GCtab]:
    return Ptr[GCtab](pointer(value))


# The running function.


@inline
def frame_func(base: Ptr[TValue]) -> Ptr[GCfunc]:
    return func_in((base - 2).sbits)


@inline
def proto_of(fn: Ptr[GCfunc]) -> Ptr[GCproto]:
    """Prototype of a Lua function; its bytecode follows it."""
    return Ptr[GCproto](addr(fn.pc) - PROTO_SIZE)


@inline
def header_proto(pc: Ptr[u32]) -> Ptr[GCproto]:
    """The prototype, seen from a PC just past the function header."""
    return Ptr[GCproto](addr(pc) - PROTO_SIZE - INS_SIZE)


@inline
def kbase_at(base: Ptr[TValue]) -> Ptr[u64]:
    """Constants of the Lua function whose frame is at `base`."""
    return proto_of(frame_func(base)).k


@inline
def top_of_frame(base: Ptr[TValue]) -> Ptr[TValue]:
    """End of the slots that the running Lua function may use."""
    return base + proto_of(frame_func(base)).framesize


@inline
def sync(g: Ptr[VM], base: Ptr[TValue]) -> Ptr[State]:
    """Store the frame where the collector and Python find it; returns the thread."""
    thread = g.cur
    thread.base = base
    thread.top = top_of_frame(base)
    return thread


# Hot counting.


@inline
def hot_counter(g: Ptr[VM], pc: Ptr[u32]) -> Ptr[u16]:
    """Counter of the instruction before `pc`."""
    return Ptr[u16](g.hot_base + (addr(pc) >> 1)) - 1


# Operands.


@inline
def knum(vm: Interp, d: u64) -> f64:
    """A number constant."""
    return Ptr[f64](addr(vm.kbase))[d]


@inline
def jump_distance(d: u64) -> i64:
    """Operand D of a jump, in instructions from the one after it."""
    return i64(d) - JUMP_BIAS


@inline
def take(pc: Ptr[u32]) -> Ptr[u32]:
    """Where the JMP at `pc` leads."""
    return pc + (i64(Ptr[u16](addr(pc))[1]) - (JUMP_BIAS - 1))


@inline
def call_operand_b(pc: Ptr[u32]) -> u32:
    """Operand B of the call that a return address belongs to: wanted results + 1, or 0 for all."""
    return (pc - 1)[0] >> 24
