"""The global functions that need no frames of their own."""

from __future__ import annotations

from ir.objects import VM, GCstr, GCtab, State, TValue
from ir.types import TAG_PROTO, TAG_TRACE
from jitvm.lib.args import (
    arg_error,
    check_any,
    check_number,
    check_string,
    check_table,
    int_arg,
    is_absent,
    result_bits,
    result_number,
    result_string,
    result_table,
)
from jitvm.lib.table import FunctionName, library
from jitvm.native import Ptr, addr, f64, floor, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.errcodes import TAIL_CALL, Bad
from jitvm.runtime.finalize import run_finalizers
from jitvm.runtime.gc import ALL, gc_full, gc_set_threshold, gc_work
from jitvm.runtime.messages import place_error
from jitvm.runtime.meta import MM_TOSTRING, meta_lookup, metatable_of
from jitvm.runtime.number import is_space, str_tonum
from jitvm.runtime.string import buf_need, num_tostr, str_new
from jitvm.runtime.table import KEY_NIL, tab_get, tab_getint, tab_getstr, tab_next, tab_set
from jitvm.runtime.value import (
    FALSE,
    NIL,
    POINTER,
    TRUE,
    copy,
    func_of,
    is_bool,
    is_func,
    is_nil,
    is_number,
    is_str,
    is_tab,
    is_thread,
    is_truthy,
    num2int,
    obj_equal,
    set_nil,
    set_number,
    set_str,
    str_data,
    str_of,
    tab_of,
    tag_of,
)

VALUE, ASSERTION, INDEX_RANGE = int(Bad.VALUE), int(Bad.ASSERTION), int(Bad.INDEX_RANGE)
NEXT_KEY, TABLE_NIL, TABLE_NAN = int(Bad.NEXT_KEY), int(Bad.TABLE_NIL), int(Bad.TABLE_NAN)
NIL_OR_TABLE, PROTECTED, BASE_RANGE = int(Bad.NIL_OR_TABLE), int(Bad.PROTECTED), int(Bad.BASE_RANGE)
INVALID_OPTION = int(Bad.OPTION_NAME)
HASH, MINUS, PLUS, ZERO, NINE = ord("#"), ord("-"), ord("+"), ord("0"), ord("9")
SMALL_A, SMALL_Z, SMALL_X, COLON, SPACE = ord("a"), ord("z"), ord("x"), ord(":"), ord(" ")

TYPE_NAMES = (
    b"nil", b"boolean", b"userdata", b"number", b"string", b"table", b"function", b"thread",
    b"proto", b"trace",
)  # fmt: skip


@inline
def upvalue_string(base: Ptr[TValue], index: u32) -> Ptr[GCstr]:
    """A string constant of the running builtin."""
    return Ptr[GCstr](func_of(base - 2).uv[index] & POINTER)


@native
def type_index(tv: Ptr[TValue]) -> u32:
    """Index into TYPE_NAMES."""
    if is_number(tv):
        return 3
    if is_str(tv):
        return 4
    if is_tab(tv):
        return 5
    if is_func(tv):
        return 6
    if is_nil(tv):
        return 0
    if is_bool(tv):
        return 1
    if is_thread(tv):
        return 7
    if tag_of(tv) == TAG_PROTO:
        return 8
    return 9 if tag_of(tv) == TAG_TRACE else 2


@library("type", *TYPE_NAMES)
@native
def lib_type(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_any(g, nargs, 1)):
        return -1
    return result_string(L, base, upvalue_string(base, type_index(base)))


@library("assert")
@native
def lib_assert(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """All its arguments, if the first is true.  Else a string is the error, or the last argument."""
    if unlikely(not check_any(g, nargs, 1)):
        return -1
    if is_truthy(base):
        return i64(nargs)
    g.errcode = ASSERTION
    g.errarg = nargs
    if nargs > 1 and is_number(base + 1):
        set_str(base + 1, num_tostr(g, base + 1))
    if nargs > 1 and not is_str(base + 1):
        copy(g.errval, base + (nargs - 1))
        g.errcode = 0
    return -1


@library("error")
@native
def lib_error(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Text gets the position of the function at a level in front."""
    level: i32 = 1
    if nargs > 1 and not is_nil(base + 1):
        if unlikely(not check_number(g, base, nargs, 2)):
            return -1
        level = num2int((base + 1).num)
    g.errcode = 0
    if nargs == 0:
        set_nil(g.errval)
        return -1
    if level > 0 and is_number(base):
        set_str(base, num_tostr(g, base))
    copy(g.errval, base)
    if level > 0 and is_str(base):
        place_error(g, L, u32(level))
    return -1


@library("next")
@native
def lib_next(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    t = tab_of(base)
    if nargs < 2:
        (base + 1).bits = NIL
    found = tab_next(t, base + 1, base)
    if unlikely(found < 0):
        return arg_error(g, 0, NEXT_KEY)
    if found == 0:
        return result_bits(L, base, NIL)
    L.top = base + 2
    return 2


@library("pairs", FunctionName("next"))
@native
def lib_pairs(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    return iterator(L, base, NIL)


@inline
def iterator(L: Ptr[State], base: Ptr[TValue], control: u64) -> i64:
    """The triple of a generic for: upvalue 0, the argument, the first control value."""
    (base + 1).bits = base.bits
    base.bits = func_of(base - 2).uv[0]
    (base + 2).bits = control
    L.top = base + 3
    return 3


@library("ipairs_aux")
@native
def lib_ipairs_aux(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The next index and its value; nothing at the first nil."""
    if unlikely(not check_table(g, base, nargs, 1) or not check_number(g, base, nargs, 2)):
        return -1
    index = int_arg(base, 2) + 1
    slot = tab_getint(g, tab_of(base), index)
    if is_nil(slot):
        return 0
    set_number(base, f64(index))
    copy(base + 1, slot)
    L.top = base + 2
    return 2


@library("ipairs", FunctionName("ipairs_aux"))
@native
def lib_ipairs(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_any(g, nargs, 1) or not check_table(g, base, nargs, 1)):
        return -1
    return iterator(L, base, 0)


@library("rawequal")
@native
def lib_rawequal(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_any(g, nargs, 1) or not check_any(g, nargs, 2)):
        return -1
    return result_bits(L, base, TRUE if obj_equal(base, base + 1) else FALSE)


@library("rawget")
@native
def lib_rawget(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1) or not check_any(g, nargs, 2)):
        return -1
    return result_bits(L, base, tab_get(g, tab_of(base), base + 1).bits)


@library("rawset")
@native
def lib_rawset(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    if unlikely(not check_any(g, nargs, 2) or not check_any(g, nargs, 3)):
        return -1
    t = tab_of(base)
    slot = tab_set(g, t, base + 1)
    if unlikely(not slot):
        return arg_error(g, 0, TABLE_NIL if g.errkind == KEY_NIL else TABLE_NAN)
    copy(slot, base + 2)
    barrier_back(g, t)
    return result_table(L, base, t)


@library("select")
@native
def lib_select(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The arguments from the n-th on (they stand on top already), or with "#" their number."""
    if nargs >= 1 and is_str(base) and str_data(str_of(base))[0] == HASH:
        return result_number(L, base, f64(i32(nargs) - 1))
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    n = int_arg(base, 1)
    if n < 0:
        n = i32(nargs) + n
        if n < 1:
            return arg_error(g, 1, INDEX_RANGE)
    elif unlikely(n == 0):
        return arg_error(g, 1, INDEX_RANGE)
    return i64(i32(nargs) - n) if n < i32(nargs) else 0


@library("getmetatable", b"__metatable")
@native
def lib_getmetatable(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_any(g, nargs, 1)):
        return -1
    mt = metatable_of(g, base)
    if not mt:
        return result_bits(L, base, NIL)
    shown = tab_getstr(g, mt, upvalue_string(base, 0))
    if not is_nil(shown):
        return result_bits(L, base, shown.bits)
    return result_table(L, base, mt)


@library("setmetatable", b"__metatable")
@native
def lib_setmetatable(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_table(g, base, nargs, 1)):
        return -1
    if nargs < 2 or not (is_nil(base + 1) or is_tab(base + 1)):
        return arg_error(g, 2, NIL_OR_TABLE)
    t = tab_of(base)
    if t.metatable and not is_nil(tab_getstr(g, t.metatable, upvalue_string(base, 0))):
        return arg_error(g, 0, PROTECTED)
    t.metatable = Ptr[GCtab](0 if is_nil(base + 1) else (base + 1).bits & POINTER)
    barrier_back(g, t)
    return result_table(L, base, t)


LOW_HALF = 0xFFFFFFFF
TWO_64 = 18446744073709551616.0


@library("tonumber")
@native
def lib_tonumber(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_any(g, nargs, 1)):
        return -1
    radix: i32 = 10
    if not is_absent(base, nargs, 2):
        if unlikely(not check_number(g, base, nargs, 2)):
            return -1
        radix = int_arg(base, 2)
    if radix == 10:
        if not is_number(base) and not (is_str(base) and str_tonum(g, str_of(base), base) != 0):
            base.bits = NIL
        return result_bits(L, base, base.bits)
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    if unlikely(radix < 2 or radix > 36):
        return arg_error(g, 2, BASE_RANGE)
    return radix_number(L, base, u32(radix))


@native
def radix_number(L: Ptr[State], base: Ptr[TValue], radix: u32) -> i64:
    """The string in the first slot as a whole number in some radix, or nil.

    As strtoul reads it: it ends at a zero byte, and stays 2^64 - 1 if it is greater."""
    s = str_of(base)
    p = str_data(s)
    while is_space(p[0]):
        p = p + 1
    negative = p[0] == MINUS
    if negative or p[0] == PLUS:
        p = p + 1
    if radix == 16 and p[0] == ZERO and p[1] | 32 == SMALL_X and digit_value(p[2]) < 16:
        p = p + 2
    whole: u64 = 0
    digits: u32 = 0
    overflow = False
    digit = digit_value(p[0])
    while digit < radix:
        low = (whole & LOW_HALF) * u64(radix) + u64(digit)
        high = (whole >> 32) * u64(radix) + (low >> 32)
        overflow = overflow or high > LOW_HALF
        whole = high << 32 | (low & LOW_HALF)
        digits += 1
        p = p + 1
        digit = digit_value(p[0])
    while is_space(p[0]):
        p = p + 1
    if p[0] != 0 or digits == 0:
        return result_bits(L, base, NIL)
    # In two halves, since conversion is that of signed integers; the lowest bit is sticky.
    x = f64(i64(whole >> 1 | (whole & 1))) * 2.0 if i64(whole) < 0 else f64(i64(whole))
    if overflow:
        x = TWO_64
    return result_number(L, base, -x if negative else x)


@inline
def digit_value(c: u32) -> u32:
    """36 and more for what is no digit in any radix."""
    letter = c | 32
    value: u32 = 99
    if c >= ZERO and c <= NINE:
        value = c - ZERO
    elif letter >= SMALL_A and letter <= SMALL_Z:
        value = letter - SMALL_A + 10
    return value


@library("tostring", b"nil", b"true", b"false", b"builtin#", *TYPE_NAMES)
@native
def lib_tostring(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Its metamethod takes over the call."""
    if unlikely(not check_any(g, nargs, 1)):
        return -1
    if is_str(base):
        return result_bits(L, base, base.bits)
    mo = meta_lookup(g, base, MM_TOSTRING)
    if not is_nil(mo):
        copy(base - 2, mo)
        L.top = base + 1
        return TAIL_CALL
    if is_number(base):
        return result_string(L, base, num_tostr(g, base))
    if not is_truthy(base):
        return result_string(L, base, upvalue_string(base, 0 if is_nil(base) else 2))
    if base.bits == TRUE:
        return result_string(L, base, upvalue_string(base, 1))
    return result_string(L, base, object_text(g, base))


@native
def object_text(g: Ptr[VM], base: Ptr[TValue]) -> Ptr[GCstr]:
    """Kind and address, or the number of a builtin."""
    out = buf_need(g, u64(64))
    n = put_text(out, 0, upvalue_string(base, 4 + type_index(base)))
    out[n] = COLON
    out[n + 1] = SPACE
    n += 2
    if is_func(base) and func_of(base).ffid > 1:
        n = put_text(out, n, upvalue_string(base, 3))
        ffid = func_of(base).ffid
        text = Ptr[TValue](addr(out) + 56)
        set_number(text, f64(ffid))
        return str_new(g, out, put_text(out, n, num_tostr(g, text)))
    return str_new(g, out, put_address(out, n, base.bits & POINTER))


@native
def put_text(out: Ptr[u8], at: u32, s: Ptr[GCstr]) -> u32:
    """Appends a short string; where it ends."""
    p = str_data(s)
    for i in range(s.len):
        out[at + i] = p[i]
    return at + s.len


#: As a word.
NULL = int.from_bytes(b"NULL", "little")


@native
def put_address(out: Ptr[u8], at: u32, p: u64) -> u32:
    """0x and at least eight digits, twelve for what lies higher; NULL."""
    if p == 0:
        Ptr[u32](addr(out) + u64(at))[0] = NULL
        return at + 4
    digits: u32 = 8 if p >> 32 == 0 else 12
    out[at] = ZERO
    out[at + 1] = SMALL_X
    i = digits
    while i > 0:
        digit = u32(p) & 15
        out[at + 1 + i] = digit + (ZERO if digit < 10 else SMALL_A - 10)
        p = p >> 4
        i -= 1
    return at + 2 + digits


GC_OPTIONS = (
    b"stop",
    b"restart",
    b"collect",
    b"count",
    b"step",
    b"setpause",
    b"setstepmul",
    b"isrunning",
)
STOP, RESTART, COLLECT, COUNT, STEP, SETPAUSE, SETSTEPMUL, ISRUNNING = range(len(GC_OPTIONS))


@library("collectgarbage", *GC_OPTIONS)
@native
def lib_collectgarbage(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    option: u32 = COLLECT
    if not is_absent(base, nargs, 1):
        if unlikely(not check_string(g, base, nargs, 1)):
            return -1
        option = 0
        while option <= ISRUNNING and upvalue_string(base, option) != str_of(base):
            option += 1
        if option > ISRUNNING:
            return arg_error(g, 1, INVALID_OPTION)
    value = f64(0)
    if not is_absent(base, nargs, 2):
        if unlikely(not check_number(g, base, nargs, 2)):
            return -1
        value = (base + 1).num
    if option == COUNT:
        return result_number(L, base, f64(i64(g.gc_total)) / 1024.0)
    if option == COLLECT or option == STEP:
        g.gc_stopped = 0
        complete = False
        if option == STEP:
            complete = gc_steps(g, u64(i64(value)) << 10)
        else:
            gc_full(g)
        g.savepc = 0
        if unlikely(run_finalizers(g) < 0):
            return -1
        return result_bits(L, L.base, 0 if option == COLLECT else TRUE if complete else FALSE)
    if option == ISRUNNING:
        return result_bits(L, base, FALSE if g.gc_stopped != 0 else TRUE)
    return result_number(L, base, gc_control(g, option, value))


@native
def gc_steps(g: Ptr[VM], size: u64) -> bool:
    """A step of 1 KB, and one for each KB of `size`, as luajit's; whether that was the end of a cycle."""
    if size >= g.gc_total or g.gc_stepmul == 0:
        return gc_work(g, u64(ALL))
    return gc_work(g, ((size >> 10) + 1) * (u64(10) * u64(g.gc_stepmul)))


@native
def gc_control(g: Ptr[VM], option: u32, value: f64) -> f64:
    """The options that change something; the result is the old setting."""
    old = 0.0
    if option == STOP:
        g.gc_stopped = 1
    elif option == RESTART:
        g.gc_stopped = 0
    elif option == SETPAUSE:
        old = f64(i32(g.gc_pause))
        g.gc_pause = u32(i32(value))
    elif option == SETSTEPMUL:
        old = f64(i32(g.gc_stepmul))
        g.gc_stepmul = u32(i32(value))
    gc_set_threshold(g)
    return old


@library("gcinfo")
@native
def lib_gcinfo(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Kilobytes in use."""
    return result_number(L, base, floor(f64(i64(g.gc_total >> 10))))
