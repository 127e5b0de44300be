"""Arithmetic: ADD .. MOD in their three operand forms, POW, UNM, NOT, LEN and concatenation.

The fast path of each handler is two type tests, the operation, a store.  Everything else (strings that are
numbers, metamethods, errors) goes to `meta.py`, which looks at the bytecode again: one place for all forms.

Results of x86 arithmetic never look like tags: its NaN is 0xfff8000000000000.
"""

from __future__ import annotations

from ir.objects import GCstr
from ir.types import TAG_SHIFT, TAG_STR, TAG_TAB
from jitvm.front.bytecode import BC
from jitvm.interp.collect import vm_collect
from jitvm.interp.frames import knum, number, pointer, table_in
from jitvm.interp.meta import SIGN, slow_arith, slow_length, slow_minus, vm_cat
from jitvm.native import Interp, Next, Ptr, addr, f64, floor, handler, inline, u32, u64, unlikely
from jitvm.native.decorators import NativeFunction
from jitvm.runtime.string import str_cat
from jitvm.runtime.table import tab_len
from jitvm.runtime.value import FALSE, TRUE, TRUTH_LIMIT, set_str


@inline
def modulo(a: f64, b: f64) -> f64:
    """Lua's %: the result has the sign of the divisor."""
    return a - floor(a / b) * b


@inline
def plus(a: f64, b: f64) -> f64:
    return a + b


@inline
def minus(a: f64, b: f64) -> f64:
    return a - b


@inline
def times(a: f64, b: f64) -> f64:
    return a * b


@inline
def divided(a: f64, b: f64) -> f64:
    return a / b


def variable_constant(code: BC, compute: NativeFunction) -> None:
    """The handler of an operation's form VN."""

    @handler(code, code.name.lower())
    def arith(vm: Interp, ra: u64, rd: u64) -> Next:
        b = vm.base + (rd >> 8 & 0xFF)
        if unlikely(not number(b)):
            return vm.tail(slow_arith, ra, rd)
        (vm.base + ra).num = compute(b.num, knum(vm, rd & 0xFF))
        return vm.next()


def constant_variable(code: BC, compute: NativeFunction) -> None:
    """The handler of an operation's form NV; B is the right operand."""

    @handler(code, code.name.lower())
    def arith(vm: Interp, ra: u64, rd: u64) -> Next:
        b = vm.base + (rd >> 8 & 0xFF)
        if unlikely(not number(b)):
            return vm.tail(slow_arith, ra, rd)
        (vm.base + ra).num = compute(knum(vm, rd & 0xFF), b.num)
        return vm.next()


def variable_variable(code: BC, compute: NativeFunction) -> None:
    """The handler of an operation's form VV."""

    @handler(code, code.name.lower())
    def arith(vm: Interp, ra: u64, rd: u64) -> Next:
        b = vm.base + (rd >> 8 & 0xFF)
        c = vm.base + (rd & 0xFF)
        if unlikely(not number(b) or not number(c)):
            return vm.tail(slow_arith, ra, rd)
        (vm.base + ra).num = compute(b.num, c.num)
        return vm.next()


for _row, _compute in enumerate((plus, minus, times, divided, modulo)):
    variable_constant(BC(BC.ADDVN + _row), _compute)
    constant_variable(BC(BC.ADDNV + _row), _compute)
    variable_variable(BC(BC.ADDVV + _row), _compute)


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
        return vm.tail(slow_minus, ra, rd)
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
        return vm.tail(slow_length, ra, rd)
    (vm.base + ra).num = f64(tab_len(vm.g, table_in(v)))
    return vm.next()


@handler(BC.CAT)
def cat(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    first = vm.base + (rd >> 8 & 0xFF)
    joined = str_cat(g, first, u32(rd & 0xFF) - u32(rd >> 8) + 1)
    if unlikely(not joined):
        return vm.tail(vm_cat, addr(vm.base + (rd & 0xFF)), addr(first))
    set_str(vm.base + ra, joined)
    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect, 0, 0)
    return vm.next()
