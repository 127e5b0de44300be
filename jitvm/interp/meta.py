"""What bytecodes do with values that are not of the type they are for: metamethods, or an error.

Each family has one slow path, which looks at the bytecode before PC for the rest of its operands. It finds
the metamethod (`runtime/meta.py`) and calls it through a continuation frame (`cont.py`):

    t.x             slow_index: the value along __index, or t's __index called with (t, "x"), cont RA
    a + b           slow_arith: strings that are numbers; else __add of a, or of b
    a .. b .. c     vm_cat: from the right; what is text is joined, any other pair goes to __concat, cont CAT
    f(x)            vm_call_value: __call of f, with f as its first argument: no continuation

Invariant: a frame ends at least `state.EXTRA` slots before its stack does, which is enough for a continuation
frame and three arguments.
"""

from __future__ import annotations

from ir.objects import VM, TValue
from ir.types import TAG_SHIFT
from jitvm.front.bytecode import BC
from jitvm.interp.calls import vm_call
from jitvm.interp.collect import vm_collect
from jitvm.interp.cont import (
    CONT_CAT,
    CONT_CONDF,
    CONT_CONDT,
    CONT_NOP,
    CONT_RA,
    first_result,
    leave_cont,
    push_cont,
)
from jitvm.interp.frames import number, take, top_of_frame
from jitvm.interp.headers import Header
from jitvm.interp.throw import vm_error
from jitvm.native import Interp, Next, Ptr, addr, f64, floor, handler, inline, native, u32, u64, unlikely
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.errcodes import (
    ERR_ARITH,
    ERR_COMPARE,
    ERR_CONCAT,
    ERR_INDEX,
    ERR_INDEX_LOOP,
    ERR_LEN,
    ERR_NEWINDEX_LOOP,
    ERR_TABLE_KEY,
    ERR_TEXT_LENGTH,
)
from jitvm.runtime.meta import (
    BAD_OBJECT,
    CALL,
    FOUND,
    MM_ADD,
    MM_CONCAT,
    MM_EQ,
    MM_LE,
    MM_LEN,
    MM_LT,
    MM_UNM,
    index_chain,
    meta_fast,
    meta_lookup,
    metatable_of,
    newindex_chain,
)
from jitvm.runtime.number import str_tonum
from jitvm.runtime.string import str_cat, str_cmp
from jitvm.runtime.table import tab_set
from jitvm.runtime.udata import is_buffer
from jitvm.runtime.value import NIL, is_bool, is_nil, is_number, is_str, obj_equal, set_str, str_of, tab_of

SIGN = 1 << 63
FIRST_VN, FIRST_NV, FIRST_VV = int(BC.ADDVN), int(BC.ADDNV), int(BC.ADDVV)
OP_ISLT, OP_ISGE, OP_ISLE, OP_ISGT = int(BC.ISLT), int(BC.ISGE), int(BC.ISLE), int(BC.ISGT)
OP_ISEQV = int(BC.ISEQV)
#: Arithmetic by its place in a row of the table of bytecodes.
ADD, SUB, MUL, DIV, MOD, POWER, MINUS = range(7)
assert FIRST_NV - FIRST_VN == FIRST_VV - FIRST_NV == BC.POW - BC.ADDVV == POWER
assert MM_UNM - MM_ADD == MINUS and BC.ISLT & 3 == 0 and BC.ISEQV & 1 == 0


# Calling a metamethod.


@inline
def call_binary(vm: Interp, cont: u64, mo: Ptr[TValue], a: Ptr[TValue], b: u64) -> Ptr[TValue]:
    """Lays the frame of a metamethod with two arguments; its base, to be called with `vm_call`."""
    base = push_cont(vm.base, vm.pc, top_of_frame(vm.base), cont, mo.bits)
    base.bits = a.bits
    (base + 1).bits = b
    return base


# Reading and writing.


@handler()
def slow_index(vm: Interp, ra: u64, rd: u64) -> Next:
    """`ra` is the address of the object, `rd` that of the key."""
    g = vm.g
    how = index_chain(g, Ptr[TValue](ra), Ptr[TValue](rd))
    slot = g.chain_slot
    if how == FOUND:
        (vm.base + ((vm.pc - 1)[0] >> 8 & 0xFF)).bits = slot.bits
        return vm.next()
    if how == CALL:
        base = call_binary(vm, CONT_RA, slot, g.chain_object, Ptr[TValue](rd).bits)
        return vm.tail(vm_call, addr(base), 3)
    if how == BAD_OBJECT:
        return vm.tail(vm_error, ERR_INDEX, addr(slot))
    return vm.tail(vm_error, ERR_INDEX_LOOP, 0)


@handler()
def slow_newindex(vm: Interp, ra: u64, rd: u64) -> Next:
    """`ra` is the address of the object, `rd` that of the key; the value is in slot A."""
    g = vm.g
    how = newindex_chain(g, Ptr[TValue](ra), Ptr[TValue](rd))
    found = g.chain_slot
    value = vm.base + ((vm.pc - 1)[0] >> 8 & 0xFF)
    if how == FOUND:
        t = tab_of(found)
        slot = tab_set(g, t, Ptr[TValue](rd))
        if unlikely(not slot):
            return vm.tail(vm_error, ERR_TABLE_KEY, u64(g.errkind))
        slot.bits = value.bits
        barrier_back(g, t)
        return vm.next()
    if how == CALL:
        base = call_binary(vm, CONT_NOP, found, g.chain_object, Ptr[TValue](rd).bits)
        (base + 2).bits = value.bits
        return vm.tail(vm_call, addr(base), 4)
    if how == BAD_OBJECT:
        return vm.tail(vm_error, ERR_INDEX, addr(found))
    return vm.tail(vm_error, ERR_NEWINDEX_LOOP, 0)


# Arithmetic.


@native
def arith(op: u32, g: Ptr[VM], x: f64, y: f64) -> f64:
    """All but MINUS."""
    if op == ADD:
        return x + y
    if op == SUB:
        return x - y
    if op == MUL:
        return x * y
    if op == DIV:
        return x / y
    if op == MOD:
        return x - floor(x / y) * y
    return g.pow(x, y)


@native
def to_number(g: Ptr[VM], src: Ptr[TValue], dst: Ptr[TValue]) -> bool:
    """Arithmetic takes strings that are numbers."""
    if number(src):
        dst.bits = src.bits
        return True
    return is_str(src) and str_tonum(g, str_of(src), dst) != 0


@handler()
def slow_arith(vm: Interp, ra: u64, rd: u64) -> Next:
    """Any arithmetic bytecode with two operands that are not both numbers."""
    op = (vm.pc - 1)[0] & 0xFF
    g = vm.g
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if op < FIRST_VV:
        c = Ptr[TValue](addr(vm.kbase)) + (rd & 0xFF)
        if op >= FIRST_NV:
            c = vm.base + (rd >> 8 & 0xFF)
            b = Ptr[TValue](addr(vm.kbase)) + (rd & 0xFF)
            op = op - FIRST_NV
        else:
            op = op - FIRST_VN
    else:
        op = op - FIRST_VV
    if to_number(g, b, g.ref("tmptv")) and to_number(g, c, g.ref("tmptv2")):
        (vm.base + ra).num = arith(op, g, g.tmptv.num, g.tmptv2.num)
        return vm.next()
    mo = meta_lookup(g, b, MM_ADD + op)
    if is_nil(mo):
        mo = meta_lookup(g, c, MM_ADD + op)
        if is_nil(mo):
            # The operand at fault is the second one only if the first one would do.
            culprit = c if to_number(g, b, g.ref("tmptv")) else b
            return vm.tail(vm_error, ERR_ARITH, addr(culprit))
    return vm.tail(vm_call, addr(call_binary(vm, CONT_RA, mo, b, c.bits)), 3)


@handler()
def slow_minus(vm: Interp, ra: u64, rd: u64) -> Next:
    """UNM of no number.  Its metamethod gets the operand twice."""
    g = vm.g
    d = vm.base + rd
    if to_number(g, d, g.ref("tmptv")):
        (vm.base + ra).bits = g.tmptv.bits ^ SIGN
        return vm.next()
    mo = meta_lookup(g, d, MM_UNM)
    if is_nil(mo):
        return vm.tail(vm_error, ERR_ARITH, addr(d))
    return vm.tail(vm_call, addr(call_binary(vm, CONT_RA, mo, d, d.bits)), 3)


@handler()
def slow_length(vm: Interp, ra: u64, rd: u64) -> Next:
    """LEN of neither table nor string: tables have no __len in Lua 5.1."""
    g = vm.g
    d = vm.base + rd
    mo = meta_lookup(g, d, MM_LEN)
    if is_nil(mo):
        return vm.tail(vm_error, ERR_LEN, addr(d))
    return vm.tail(vm_call, addr(call_binary(vm, CONT_RA, mo, d, NIL)), 3)


# Comparison.


@inline
def branch(vm: Interp, holds: bool) -> None:
    """Follows or skips the JMP at PC."""
    if holds:
        vm.pc = take(vm.pc)
    else:
        vm.pc = vm.pc + 1


@handler()
def slow_equal(vm: Interp, ra: u64, rd: u64) -> Next:
    """ISEQV and ISNEV of a table or userdata and something else that is not identical to it."""
    g = vm.g
    a = vm.base + ra
    d = vm.base + rd
    differs = (vm.pc - 1)[0] & 1
    if a.sbits >> TAG_SHIFT == d.sbits >> TAG_SHIFT:
        mt = metatable_of(g, a)
        mo = meta_fast(g, mt, MM_EQ)
        if not is_nil(mo):
            same = metatable_of(g, d)
            if mt == same or obj_equal(mo, meta_fast(g, same, MM_EQ)):
                cont: u64 = CONT_CONDT
                if differs != 0:
                    cont = CONT_CONDF
                return vm.tail(vm_call, addr(call_binary(vm, cont, mo, a, d.bits)), 3)
    branch(vm, differs != 0)
    return vm.next()


@native
def text_order(g: Ptr[VM], op: u32, a: Ptr[TValue], d: Ptr[TValue]) -> bool:
    """The outcome of an order test of two strings."""
    order = str_cmp(g, str_of(a), str_of(d))
    holds = order <= 0 if op & 2 != 0 else order < 0
    return holds != (op & 1 != 0)


@handler()
def slow_order(vm: Interp, ra: u64, rd: u64) -> Next:
    """An order test of anything but two numbers.  Both must be of one type and have one metamethod.

    Without __le, a <= b is tried as not b < a."""
    g = vm.g
    a = vm.base + ra
    d = vm.base + rd
    op = (vm.pc - 1)[0] & 3
    if is_str(a) and is_str(d):
        branch(vm, text_order(g, op, a, d))
        return vm.next()
    if a.sbits >> TAG_SHIFT != d.sbits >> TAG_SHIFT and not (is_bool(a) and is_bool(d)):
        return vm.tail(vm_error, ERR_COMPARE, ra << 32 | rd)
    event: u32 = MM_LT
    if op & 2 != 0:
        event = MM_LE
    mo = meta_lookup(g, a, event)
    if op & 2 != 0 and (is_nil(mo) or not obj_equal(mo, meta_lookup(g, d, event))):
        swapped = a
        a = d
        d = swapped
        op = op ^ 1
        event = MM_LT
        mo = meta_lookup(g, a, event)
    if is_nil(mo) or not obj_equal(mo, meta_lookup(g, d, event)):
        return vm.tail(vm_error, ERR_COMPARE, ra << 32 | rd)
    cont: u64 = CONT_CONDT
    if op & 1 != 0:
        cont = CONT_CONDF
    return vm.tail(vm_call, addr(call_binary(vm, cont, mo, a, d.bits)), 3)


# Concatenation.


@inline
def is_text(tv: Ptr[TValue]) -> bool:
    """What is concatenated as it is."""
    return is_str(tv) or is_number(tv) or is_buffer(tv)


@native
def join_right(g: Ptr[VM], first: Ptr[TValue], top: Ptr[TValue]) -> Ptr[TValue]:
    """Joins what is text from the slot `top` downwards, not below `first`; where the result is.  Null if it
    would be too long."""
    low = top
    while low > first and is_text(low - 1):
        low = low - 1
    joined = str_cat(g, low, u32(top - low) + 1)
    if unlikely(not joined):
        return Ptr[TValue](u64(0))
    set_str(low, joined)
    return low


@handler()
def vm_cat(vm: Interp, ra: u64, rd: u64) -> Next:
    """Concatenates the slots from address `rd` to address `ra`, for the CAT before PC."""
    g = vm.g
    top = Ptr[TValue](ra)
    first = Ptr[TValue](rd)
    while top > first and is_text(top) and is_text(top - 1):
        top = join_right(g, first, top)
        if unlikely(not top):
            return vm.tail(vm_error, ERR_TEXT_LENGTH, 0)
    if top > first:
        return vm.tail(slow_cat, addr(top), rd)
    (vm.base + ((vm.pc - 1)[0] >> 8 & 0xFF)).bits = top.bits
    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect, 0, 0)
    return vm.next()


@handler()
def slow_cat(vm: Interp, ra: u64, rd: u64) -> Next:
    """The two slots up to address `ra` are not both text: the metamethod's frame takes their place."""
    g = vm.g
    top = Ptr[TValue](ra)
    mo = meta_lookup(g, top - 1, MM_CONCAT)
    if is_nil(mo):
        mo = meta_lookup(g, top, MM_CONCAT)
        if is_nil(mo):
            culprit = top if is_str(top - 1) or is_number(top - 1) else top - 1
            return vm.tail(vm_error, ERR_CONCAT, addr(culprit))
    left = (top - 1).bits
    right = top.bits
    base = push_cont(vm.base, vm.pc, top - 1, CONT_CAT, mo.bits)
    base.bits = left
    (base + 1).bits = right
    return vm.tail(vm_call, addr(base), 3)


@handler(Header.CONT_CAT)
def cont_cat(vm: Interp, ra: u64, rd: u64) -> Next:
    """The result stands for the two operands; on with those to the left of it."""
    result = first_result(ra, rd)
    top = vm.base - 4
    leave_cont(vm)
    top.bits = result
    return vm.tail(vm_cat, addr(top), addr(vm.base + ((vm.pc - 1)[0] >> 24)))
