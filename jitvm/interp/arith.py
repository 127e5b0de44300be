"""Arithmetic: ADD .. MOD in their three operand forms, POW, UNM, NOT, LEN and concatenation.

The fast path of each handler is two type tests, the operation, a store.  Everything else (strings that are
numbers, errors) goes to `slow_arith`, which looks at the bytecode again: one place for all forms.

Results of x86 arithmetic never look like tags: its NaN is 0xfff8000000000000.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, TValue
from ir.types import TAG_SHIFT, TAG_STR, TAG_TAB
from jitvm.front.bytecode import BC
from jitvm.interp.frames import knum, number, pointer, sync, table_in
from jitvm.interp.throw import vm_error
from jitvm.native import Interp, Next, Ptr, addr, f64, floor, handler, inline, native, u32, u64, unlikely
from jitvm.runtime.errcodes import ERR_ARITH, ERR_CONCAT, ERR_LEN
from jitvm.runtime.gc import gc_check
from jitvm.runtime.number import str_tonum
from jitvm.runtime.string import str_cat
from jitvm.runtime.table import tab_len
from jitvm.runtime.value import FALSE, TRUE, TRUTH_LIMIT, is_str, set_str, str_of

SIGN = 1 << 63
#: Distance between the operand forms VN, NV and VV of an operation.
FORM = int(BC.ADDNV) - int(BC.ADDVN)
FIRST_VN, FIRST_NV, FIRST_VV = int(BC.ADDVN), int(BC.ADDNV), int(BC.ADDVV)
OP_POW, OP_UNM = int(BC.POW), int(BC.UNM)
assert FORM == 5 and BC.POW == BC.MODVV + 1


@inline
def modulo(a: f64, b: f64) -> f64:
    """Lua's %: the result has the sign of the divisor."""
    return a - floor(a / b) * b


'''
'''


@handler(BC.ADDVN)
def addvn(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num + knum(vm, rd & 0xFF)
    return vm.next()


@handler(BC.SUBVN)
def subvn(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num - knum(vm, rd & 0xFF)
    return vm.next()


@handler(BC.MULVN)
def mulvn(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num * knum(vm, rd & 0xFF)
    return vm.next()


@handler(BC.DIVVN)
def divvn(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num / knum(vm, rd & 0xFF)
    return vm.next()


@handler(BC.MODVN)
def modvn(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = modulo(b.num, knum(vm, rd & 0xFF))
    return vm.next()


@handler(BC.ADDNV)
def addnv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = knum(vm, rd & 0xFF) + b.num
    return vm.next()


@handler(BC.SUBNV)
def subnv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = knum(vm, rd & 0xFF) - b.num
    return vm.next()


@handler(BC.MULNV)
def mulnv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = knum(vm, rd & 0xFF) * b.num
    return vm.next()


@handler(BC.DIVNV)
def divnv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = knum(vm, rd & 0xFF) / b.num
    return vm.next()


@handler(BC.MODNV)
def modnv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    if unlikely(not number(b)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = modulo(knum(vm, rd & 0xFF), b.num)
    return vm.next()


@handler(BC.ADDVV)
def addvv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if unlikely(not number(b) or not number(c)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num + c.num
    return vm.next()


@handler(BC.SUBVV)
def subvv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if unlikely(not number(b) or not number(c)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num - c.num
    return vm.next()


@handler(BC.MULVV)
def mulvv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if unlikely(not number(b) or not number(c)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num * c.num
    return vm.next()


@handler(BC.DIVVV)
def divvv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if unlikely(not number(b) or not number(c)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = b.num / c.num
    return vm.next()


@handler(BC.MODVV)
def modvv(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if unlikely(not number(b) or not number(c)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = modulo(b.num, c.num)
    return vm.next()


@handler(BC.POW)
def pow_(vm: Interp, ra: u64, rd: u64) -> Next:
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if unlikely(not number(b) or not number(c)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).num = vm.g.pow(b.num, c.num)
    return vm.next()


@handler(BC.UNM)
def unm(vm: Interp, ra: u64, rd: u64) -> Next:
    d = vm.base + rd
    if unlikely(not number(d)):
        return vm.tail(slow_arith, ra, rd)
    (vm.base + ra).bits = d.bits ^ SIGN
    return vm.next()


@handler(BC.NOT)
def not_(vm: Interp, ra: u64, rd: u64) -> Next:
    (vm.base + ra).bits = FALSE if (vm.base + rd).bits < TRUTH_LIMIT else TRUE
    return vm.next()


@handler(BC.LEN)
def len_(vm: Interp, ra: u64, rd: u64) -> Next:
    v = (vm.base + rd).sbits
    if v >> TAG_SHIFT == TAG_STR:
        (vm.base + ra).num = f64(Ptr[GCstr](pointer(v)).len)
        return vm.next()
    if unlikely(v >> TAG_SHIFT != TAG_TAB):
        return vm.tail(vm_error, ERR_LEN, addr(vm.base + rd))
    (vm.base + ra).num = f64(tab_len(vm.g, table_in(v)))
    return vm.next()


@handler(BC.CAT)
def cat(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    first = vm.base + (rd >> 8 & 0xFF)
    joined = str_cat(g, first, u32(rd & 0xFF) - u32(rd >> 8) + 1)
    if unlikely(not joined):
        return vm.tail(vm_error, ERR_CONCAT, rd)
    set_str(vm.base + ra, joined)
    if unlikely(g.gc_total >= g.gc_threshold):
        sync(g, vm.base)
        gc_check(g)
    return vm.next()


# Slow paths.


@native
def arith(op: u32, g: Ptr[VM], x: f64, y: f64) -> f64:
    """ADD .. MOD by their place in a row of the table, 5 for POW."""
    if op == 0:
        return x + y
    if op == 1:
        return x - y
    if op == 2:
        return x * y
    if op == 3:
        return x / y
    if op == 4:
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
    """Any arithmetic bytecode whose operands are not two numbers.  Metamethods belong here."""
    op = (vm.pc - 1)[0] & 0xFF
    g = vm.g
    if op == OP_UNM:
        d = vm.base + rd
        if not to_number(g, d, g.ref("tmptv")):
            return vm.tail(vm_error, ERR_ARITH, addr(d))
        (vm.base + ra).bits = g.tmptv.bits ^ SIGN
        return vm.next()
    b = vm.base + (rd >> 8 & 0xFF)
    c = vm.base + (rd & 0xFF)
    if op < FIRST_VV:
        c = Ptr[TValue](addr(vm.kbase)) + (rd & 0xFF)
        if op >= FIRST_NV:
            c = vm.base + (rd >> 8 & 0xFF)
            b = Ptr[TValue](addr(vm.kbase)) + (rd & 0xFF)
    if not to_number(g, b, g.ref("tmptv")) or not to_number(g, c, g.ref("tmptv2")):
        # The operand at fault is the second one only if the first one would do.
        culprit = c if to_number(g, b, g.ref("tmptv")) else b
        return vm.tail(vm_error, ERR_ARITH, addr(culprit))
    if op >= FIRST_VV:
        op = op - FIRST_VV
    elif op >= FIRST_NV:
        op = op - FIRST_NV
    else:
        op = op - FIRST_VN
    (vm.base + ra).num = arith(op, g, g.tmptv.num, g.tmptv2.num)
    return vm.next()
