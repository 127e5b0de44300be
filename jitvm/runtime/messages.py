"""Errors without Python: messages remembered, message handlers run.

    make_error(g, L, ERR_ARITH, addr(slot))     the message in g.errval
    place_error(g, L, 1)                        "file:line: " in front of the string there
    handle_error(g, L, catcher)                 the handler of an xpcall makes another error of it

Lines and names of variables are Python's (`errors.py`), but the same bytecode fails with the same message
again and again: the text is kept under the bytecode's address and all else it depends on (code, kinds of the
values, slot, number of the argument).  The memo has one place per hash; what does not fit is made anew each
time.  When prototypes die it is emptied, since other bytecode may come to stand where theirs was.

A message handler runs on top of the failing frames:

    [savepc] [HANDLER_MARK] [handler | CP link] [error]

The mark tells whoever looks at the stack that the frame above is a handler, and where the Lua function below
was interrupted.
"""

from __future__ import annotations

from ir.layout import Struct
from ir.objects import VM, GCproto, GCstr, State, TValue
from jitvm.native import Ptr, addr, i64, inline, likely, native, u8, u32, u64, unlikely
from jitvm.runtime.callback import MAX_NATIVE_CALLS, call_lua
from jitvm.runtime.errcodes import (
    ERR_ARITH,
    ERR_BUILTIN,
    ERR_CALL,
    ERR_COMPARE,
    ERR_FOR_INIT,
    ERR_INDEX_LOOP,
    ERR_NEWINDEX_LOOP,
    ERR_STACK,
    ERR_TABLE_KEY,
    Bad,
)
from jitvm.runtime.links import KIND, NOT_LUA, PCALL, below_lua, below_other, below_vararg
from jitvm.runtime.state import ERROR_IN_ERROR, HANDLER_ROOM, MAX_EXTENDED, STACK_OVERFLOW, stack_grow
from jitvm.runtime.string import buf_need, bytes_copy, str_new
from jitvm.runtime.upcalls import UPCALL_ERROR, UPCALL_HANDLER_FAILED, UPCALL_WHERE
from jitvm.runtime.value import (
    FALSE,
    HANDLER_MARK,
    PROTO_SIZE,
    copy,
    func_of,
    is_str,
    set_nil,
    set_str,
    str_data,
    str_of,
)

ENTRY_SIZE, MEMO_BITS = 256, 6
TEXT_OFFSET = 24
TEXT_MAX = ENTRY_SIZE - TEXT_OFFSET
MEMO_OFFSET = 0xA000  # In the global area.
#: Kept under this code: the position alone.
PLACE = 0xFF
#: Stands for the caller where that is no Lua function: it has no position and no names.
NO_CALLER = 1
#: Kinds of values by ~tag; all numbers are one kind, and so is an argument that is not there.
NUMBER_KIND, ABSENT_KIND = 13, 14
TAG_LIMIT = 0x1FFFF
NO_SLOT = 0xFFFF
ASSERTION, LAST_ARGUMENT, OPTION_NAME = int(Bad.ASSERTION), int(Bad.LAST_ARG), int(Bad.OPTION_NAME)
CONCAT_VALUE, REPLACEMENT, COMPARE = int(Bad.CONCAT_VALUE), int(Bad.REPLACEMENT), int(Bad.COMPARE)


class Memo(Struct):
    """A remembered message: where, what, and its length; the text follows."""

    pc: u64
    what: u64
    length: u32
    pad: u32


assert Memo.sizeof() == TEXT_OFFSET


@inline
def memo_at(g: Ptr[VM], pc: u64, what: u64) -> Ptr[Memo]:
    """The one place a message may be in."""
    hashed = u64((pc >> 2 ^ what << 3) * 0x9E3779B97F4A7C15) >> (64 - MEMO_BITS)
    return Ptr[Memo](addr(g) + MEMO_OFFSET + hashed * ENTRY_SIZE)


@inline
def memo_text(memo: Ptr[Memo]) -> Ptr[u8]:
    return Ptr[u8](addr(memo) + TEXT_OFFSET)


@native
def make_error(g: Ptr[VM], L: Ptr[State], code: u64, detail: u64) -> None:
    """The message of an error of thread L, whose base and top are set, in g.errval.  `code`: an Err."""
    pc = g.savepc
    if code == ERR_BUILTIN:
        pc = caller_pc(L.base)
    what: u64 = 0
    if likely(pc != 0):
        what = what_depends(g, L, code, detail)
    memo = memo_at(g, pc, what)
    if likely(what != 0 and memo.pc == pc and memo.what == what):
        set_str(g.errval, str_new(g, memo_text(memo), memo.length))
        return
    g.upcall(UPCALL_ERROR, addr(L), code, detail)
    if what != 0:
        remember(g, memo, pc, what)


@native
def forget_messages(g: Ptr[VM]) -> None:
    g.memset(Ptr[u8](addr(g) + MEMO_OFFSET), 0, u64(ENTRY_SIZE << MEMO_BITS))


@native
def remember(g: Ptr[VM], memo: Ptr[Memo], pc: u64, what: u64) -> None:
    """Keeps the message in g.errval, if it is short enough."""
    if not is_str(g.errval):
        return
    s = str_of(g.errval)
    if s.len <= TEXT_MAX:
        memo.pc = pc
        memo.what = what
        memo.length = s.len
        bytes_copy(g, memo_text(memo), str_data(s), s.len)


@native
def what_depends(g: Ptr[VM], L: Ptr[State], code: u64, detail: u64) -> u64:
    """All that a message depends on besides the bytecode; 0 if it is not to be kept."""
    if code >= ERR_ARITH and code <= ERR_CALL:
        slot = detail - addr(L.base) >> 3
        if detail < addr(L.base) or slot >= u64(func_proto(L.base).framesize):
            slot = NO_SLOT
        return code | kind_of(Ptr[TValue](detail)) << 8 | slot << 16
    if code == ERR_COMPARE:
        left = kind_of(L.base + u32(detail >> 32))
        return code | left << 8 | kind_of(L.base + u32(detail & 0xFFFF)) << 16
    if code == ERR_BUILTIN:
        return builtin_depends(g, L, detail)
    if code >= ERR_FOR_INIT and code <= ERR_TABLE_KEY:
        return code | detail << 8
    if code == ERR_INDEX_LOOP or code == ERR_NEWINDEX_LOOP:
        return code
    return 0


@native
def builtin_depends(g: Ptr[VM], L: Ptr[State], bad: u64) -> u64:
    """The same for a library function that failed."""
    what = u64(ERR_BUILTIN) | bad << 8 | u64(g.errarg) << 16
    if bad < OPTION_NAME:
        argument = L.base + (g.errarg - 1)
        kind = u64(ABSENT_KIND)
        if argument < L.top:
            kind = kind_of(argument)
        return what | kind << 48
    if bad <= LAST_ARGUMENT or bad == CONCAT_VALUE or bad == REPLACEMENT or bad == COMPARE:
        return 0
    if bad == ASSERTION and g.errarg > 1:
        return 0
    return what


@inline
def kind_of(tv: Ptr[TValue]) -> u64:
    """~tag."""
    kind = tv.bits >> 47 ^ TAG_LIMIT
    return kind if kind < NUMBER_KIND else u64(NUMBER_KIND)


@inline
def func_proto(base: Ptr[TValue]) -> Ptr[GCproto]:
    """Prototype of the Lua function whose frame is at `base`."""
    return Ptr[GCproto](addr(func_of(base - 2).pc) - PROTO_SIZE)


# Positions.


@native
def caller_pc(base: Ptr[TValue]) -> u64:
    """Where the caller of the function at `base` is: a PC, NO_CALLER, or 0 if Python has to look."""
    link = (base - 1).bits
    if likely(link & NOT_LUA == 0):
        return link
    return u64(NO_CALLER) if link & KIND == PCALL else u64(0)


@native
def level_pc(base: Ptr[TValue], level: u32) -> u64:
    """The same for the caller's caller and so on: `level` counts from 1, the caller."""
    while level > 1:
        base = below_vararg(base)
        link = (base - 1).bits
        if link & NOT_LUA == 0:
            base = below_lua(base, link)
        elif link & KIND == PCALL:
            base = below_other(base, link)
        else:
            return 0
        level -= 1
    return caller_pc(below_vararg(base))


@native
def place_error(g: Ptr[VM], L: Ptr[State], level: u32) -> None:
    """The text in g.errval gets the position of the function `level` calls out from L.base in front."""
    pc = level_pc(L.base, level)
    if pc == NO_CALLER:
        return
    text = str_of(g.errval)
    memo = memo_at(g, pc, u64(PLACE))
    if unlikely(pc == 0 or memo.pc != pc or memo.what != PLACE):
        g.upcall(UPCALL_WHERE, addr(L), u64(level), u64(0))
        if pc == 0 or str_of(g.errval).len > TEXT_MAX:
            join_error(g, str_data(str_of(g.errval)), str_of(g.errval).len, text)
            return
        remember(g, memo, pc, u64(PLACE))
    join_error(g, memo_text(memo), memo.length, text)


@native
def assertion_error(g: Ptr[VM], L: Ptr[State]) -> None:
    """The second argument of `assert` as the error: text, which ends at a zero byte, with a position."""
    text = str_of(L.base + 1)
    data = str_data(text)
    length = u32(0)
    while length < text.len and data[length] != 0:
        length = length + 1
    set_str(g.errval, str_new(g, data, length))
    place_error(g, L, 1)


@native
def join_error(g: Ptr[VM], place: Ptr[u8], length: u32, text: Ptr[GCstr]) -> None:
    out = buf_need(g, u64(length) + u64(text.len) + 8)
    bytes_copy(g, out, place, length)
    bytes_copy(g, out + length, str_data(text), text.len)
    set_str(g.errval, str_new(g, g.tmpbuf, length + text.len))


# Handlers.


@inline
def has_room(g: Ptr[VM], L: Ptr[State]) -> bool:
    """For a message handler, in both stacks.  If there was too little, the error becomes a stack overflow."""
    if unlikely(g.native_calls >= MAX_NATIVE_CALLS):
        return False
    if likely(L.top + HANDLER_ROOM < L.maxstack):
        return True
    grown = stack_grow(g, L, u32(HANDLER_ROOM))
    if grown == STACK_OVERFLOW:
        make_error(g, L, u64(ERR_STACK), u64(STACK_OVERFLOW))
    return grown != ERROR_IN_ERROR


@native
def handle_error(g: Ptr[VM], L: Ptr[State], catcher: Ptr[TValue]) -> None:
    """The handler of the xpcall whose frame is at `catcher` is called with g.errval, and makes another of it.

    L.base is the frame that failed; the stack may move.  Within a handler no handler runs, until an error has
    been caught there: from then on its errors have the same handler."""
    place = addr(catcher) - addr(L.stack)
    savepc = g.savepc
    count: i64 = -1
    top = addr(L.top) - addr(L.stack)
    full = u64(0)
    if unlikely(L.handling != 0):
        g.errval.bits = FALSE
    elif likely(has_room(g, L)):
        slot = L.top
        slot.bits = savepc
        (slot + 1).bits = HANDLER_MARK
        copy(slot + 2, Ptr[TValue](addr(L.stack) + place) - 3)
        copy(slot + 4, g.errval)
        L.handling = 1
        count = call_lua(g, L, slot + 2, 1)
    else:
        full = u64(1)
    if count > 0:
        copy(g.errval, L.top - count)
    elif count == 0:
        set_nil(g.errval)
    else:
        if L.stacksize > MAX_EXTENDED and L.top + HANDLER_ROOM >= L.maxstack:
            full = u64(1)  # All that is lent for a stack overflow was used up.
        g.upcall(UPCALL_HANDLER_FAILED, addr(L), full, place)
    L.top = Ptr[TValue](addr(L.stack) + top)
    g.savepc = savepc
    L.handling = 0
