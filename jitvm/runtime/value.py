"""NaN-boxed values: type tests, boxing and unboxing, all inline.

A slot is 64 bits: a double as it is, or a 17-bit tag over a 47-bit pointer.

    slot = vm.base + 3
    if is_number(slot):
        set_number(slot, slot.num + 1.0)
    elif is_tab(slot):
        t = tab_of(slot)

Invariants: every NaN that Lua code can see has its canonical bits (0xfff8000000000000 or the positive one),
so no double is ever mistaken for a tag.  nil is all ones, so a block of 0xff bytes is a block of nils.

Does not do: metamethods, conversions between strings and numbers (`number.py`).
"""

from __future__ import annotations

from ir.objects import GCfunc, GCObject, GCproto, GCstr, GCtab, GCudata, GCupval, State, TValue
from ir.types import (
    NUMBER_LIMIT_HI,
    TAG_FALSE,
    TAG_FUNC,
    TAG_LIGHTUD,
    TAG_NIL,
    TAG_PROTO,
    TAG_SHIFT,
    TAG_STR,
    TAG_TAB,
    TAG_THREAD,
    TAG_TRUE,
    TAG_UDATA,
)
from jitvm.native import Ptr, addr, f64, i32, inline, u8, u32, u64

_MASK = (1 << 64) - 1

#: The 47 bits of a pointer.
POINTER = (1 << TAG_SHIFT) - 1
#: Whole slots of the primitive values: LuaJIT fills the bits below the tag with ones.
NIL = _MASK
FALSE = (TAG_FALSE << TAG_SHIFT & _MASK) | POINTER
TRUE = (TAG_TRUE << TAG_SHIFT & _MASK) | POINTER
#: Tags in place, to be or-ed with an address.
STR_BITS = TAG_STR << TAG_SHIFT & _MASK
TAB_BITS = TAG_TAB << TAG_SHIFT & _MASK
FUNC_BITS = TAG_FUNC << TAG_SHIFT & _MASK
THREAD_BITS = TAG_THREAD << TAG_SHIFT & _MASK
PROTO_BITS = TAG_PROTO << TAG_SHIFT & _MASK
UDATA_BITS = TAG_UDATA << TAG_SHIFT & _MASK
LIGHTUD_BITS = TAG_LIGHTUD << TAG_SHIFT & _MASK
#: Stands below the frame of a message handler (runtime/messages.py); no lightuserdata has that address.
HANDLER_MARK = LIGHTUD_BITS | 0x7FFE_0000_0000
#: Below the frame of a finalizer.
FINALIZER_MARK = HANDLER_MARK + 1
#: Every slot below is true; nil and false are at or above.
TRUTH_LIMIT = TAG_FALSE << TAG_SHIFT & _MASK
#: Every slot at or above is no number (unsigned comparison of all 64 bits).
NUMBER_LIMIT = NUMBER_LIMIT_HI << 32
#: The NaN that x86 arithmetic makes out of nothing.
NAN_BITS = 0xFFF8000000000000
#: What follows the header of a string: its bytes.  Of a prototype: its bytecode.
GCSTR_SIZE = GCstr.sizeof()
PROTO_SIZE = GCproto.sizeof()

assert NIL == (TAG_NIL << TAG_SHIFT & _MASK) | POINTER
assert NUMBER_LIMIT < TAB_BITS < FUNC_BITS < STR_BITS < TRUE < TRUTH_LIMIT < FALSE < NIL


# Type tests.


@inline
def tag_of(tv: Ptr[TValue]) -> i32:
    """The TAG_*; anything below TAG_NUMX is (part of) a number."""
    return i32(tv.sbits >> TAG_SHIFT)


@inline
def is_number(tv: Ptr[TValue]) -> bool:
    return tv.hi < NUMBER_LIMIT_HI


@inline
def is_nil(tv: Ptr[TValue]) -> bool:
    return tv.sbits == -1


@inline
def is_str(tv: Ptr[TValue]) -> bool:
    return (tv.sbits >> TAG_SHIFT) == TAG_STR


@inline
def is_tab(tv: Ptr[TValue]) -> bool:
    return (tv.sbits >> TAG_SHIFT) == TAG_TAB


@inline
def is_func(tv: Ptr[TValue]) -> bool:
    return (tv.sbits >> TAG_SHIFT) == TAG_FUNC


@inline
def is_thread(tv: Ptr[TValue]) -> bool:
    return (tv.sbits >> TAG_SHIFT) == TAG_THREAD


@inline
def is_udata(tv: Ptr[TValue]) -> bool:
    return (tv.sbits >> TAG_SHIFT) == TAG_UDATA


@inline
def is_lightud(tv: Ptr[TValue]) -> bool:
    return (tv.sbits >> TAG_SHIFT) == TAG_LIGHTUD


@inline
def is_bool(tv: Ptr[TValue]) -> bool:
    return tv.bits == TRUE or tv.bits == FALSE


@inline
def is_truthy(tv: Ptr[TValue]) -> bool:
    """Neither nil nor false."""
    return tv.bits < TRUTH_LIMIT


@inline
def is_gcobj(tv: Ptr[TValue]) -> bool:
    """Holds a pointer to a collectable object: TAG_UDATA .. TAG_STR."""
    return u32(i32(tv.sbits >> TAG_SHIFT) - TAG_UDATA) <= u32(TAG_STR - TAG_UDATA)


# Unboxing.


@inline
def obj_of(tv: Ptr[TValue]) -> Ptr[GCObject]:
    return Ptr[GCObject](tv.bits & POINTER)


@inline
def str_of(tv: Ptr[TValue]) -> Ptr[GCstr]:
    return Ptr[GCstr](tv.bits & POINTER)


@inline
def tab_of(tv: Ptr[TValue]) -> Ptr[GCtab]:
    return Ptr[GCtab](tv.bits & POINTER)


@inline
def func_of(tv: Ptr[TValue]) -> Ptr[GCfunc]:
    return Ptr[GCfunc](tv.bits & POINTER)


@inline
def thread_of(tv: Ptr[TValue]) -> Ptr[State]:
    return Ptr[State](tv.bits & POINTER)


@inline
def udata_of(tv: Ptr[TValue]) -> Ptr[GCudata]:
    return Ptr[GCudata](tv.bits & POINTER)


# Boxing.


@inline
def set_number(tv: Ptr[TValue], x: f64) -> None:
    tv.num = x


@inline
def set_int(tv: Ptr[TValue], i: i32) -> None:
    tv.num = f64(i)


@inline
def set_nil(tv: Ptr[TValue]) -> None:
    tv.sbits = -1


@inline
def set_bool(tv: Ptr[TValue], b: bool) -> None:
    tv.bits = TRUE if b else FALSE


@inline
def set_str(tv: Ptr[TValue], s: Ptr[GCstr]) -> None:
    tv.bits = addr(s) | STR_BITS


@inline
def set_tab(tv: Ptr[TValue], t: Ptr[GCtab]) -> None:
    tv.bits = addr(t) | TAB_BITS


@inline
def set_func(tv: Ptr[TValue], fn: Ptr[GCfunc]) -> None:
    tv.bits = addr(fn) | FUNC_BITS


@inline
def set_thread(tv: Ptr[TValue], thread: Ptr[State]) -> None:
    tv.bits = addr(thread) | THREAD_BITS


@inline
def set_udata(tv: Ptr[TValue], ud: Ptr[GCudata]) -> None:
    tv.bits = addr(ud) | UDATA_BITS


@inline
def set_lightud(tv: Ptr[TValue], address: u64) -> None:
    tv.bits = address | LIGHTUD_BITS


@inline
def copy(dst: Ptr[TValue], src: Ptr[TValue]) -> None:
    dst.bits = src.bits


# Comparison.


@inline
def obj_equal(a: Ptr[TValue], b: Ptr[TValue]) -> bool:
    """Raw equality: numbers by value (NaN differs from itself, -0 equals 0), everything else by identity."""
    return a.num == b.num if is_number(a) and is_number(b) else a.bits == b.bits


# Data behind headers.


@inline
def str_data(s: Ptr[GCstr]) -> Ptr[u8]:
    """The bytes of a string; a NUL follows them."""
    return Ptr[u8](addr(s) + GCSTR_SIZE)


@inline
def func_proto(fn: Ptr[GCfunc]) -> Ptr[GCproto]:
    """The prototype of a Lua function."""
    return Ptr[GCproto](addr(fn.pc) - PROTO_SIZE)


@inline
def proto_bc(pt: Ptr[GCproto]) -> Ptr[u32]:
    """The first bytecode: the function header."""
    return Ptr[u32](addr(pt) + PROTO_SIZE)


@inline
def func_upval(fn: Ptr[GCfunc], index: u32) -> Ptr[GCupval]:
    """An upvalue of a Lua function."""
    return Ptr[GCupval](fn.uv[index])


@inline
def is_lua(fn: Ptr[GCfunc]) -> bool:
    return fn.ffid == 0


@inline
def num2int(x: f64) -> i32:
    """Truncation as CVTTSD2SI does it; out of range gives -2^31."""
    return i32(x)
