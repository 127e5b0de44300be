"""Numbers to text and back, exactly.

    length = num_text(g, x, out)        the text that print shows: "%.14g"
    ok = str_tonum(g, s, out)           the number a string spells, as luajit reads it

To text: integers of up to 14 digits are written digit by digit.  Other numbers are scaled to 14 digits
before the point by a power of ten that is exact in a double (10^22 at most); the error of that one
multiplication or division is computed (Dekker's two-product), so that rounding is decided on the exact
value.  To numbers: up to 15 digits and such a power of ten are one correctly rounded operation (Clinger's
fast path).  What is beyond (very large, very small, hexadecimal, many digits) is left to Python.

Text is written in the locale C; the final NUL is not.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, TValue
from jitvm.native import Ptr, addr, bits, f64, floor, i32, i64, idiv, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.upcalls import UPCALL_NUMBER_TO_STRING, UPCALL_STRING_TO_NUMBER
from jitvm.runtime.value import POINTER, STR_BITS, set_number, str_data

#: Room that `num_text` may need.
NUMBER_TEXT = 40
#: A place in the global area for the text of one number, and a slot for upcalls.
NUMTEXT_OFFSET = 0x8000
NUMSLOT_OFFSET = 0x8080
DIGITS = 14
MINUS, PLUS, POINT, ZERO, NINE = ord("-"), ord("+"), ord("."), ord("0"), ord("9")
EXPONENT, INFINITE, NOT_A = ord("e"), ord("i"), ord("n")


@inline
def div10(n: u32) -> u32:
    """By multiplication: a division would take ten times as long."""
    return u32((u64(n) * 0xCCCCCCCD) >> 35)


@native
def put_digits(out: Ptr[u8], n: u32, count: u32) -> None:
    """Exactly `count` digits, leading zeros included."""
    i = count
    while i > 0:
        i -= 1
        rest = div10(n)
        out[i] = ZERO + (n - rest * 10)
        n = rest


@inline
def count_digits(n: u32) -> u32:
    count: u32 = 1
    while n >= 10:
        n = div10(n)
        count += 1
    return count


@inline
def put_word(out: Ptr[u8], first: u32, second: u32, third: u32) -> None:
    out[0] = first
    out[1] = second
    out[2] = third


@inline
def power_of_ten(k: u32) -> f64:
    """Exact for k <= 22, because every product on the way is."""
    p = 1.0
    if k & 1:
        p = p * 10.0
    if k & 2:
        p = p * 100.0
    if k & 4:
        p = p * 10000.0
    if k & 8:
        p = p * 100000000.0
    if k & 16:
        p = p * 10000000000000000.0
    return p


@inline
def high_part(x: f64) -> f64:
    """The upper 26 bits of a double (Veltkamp's split)."""
    c = x * 134217729.0
    return c - (c - x)


@inline
def product_error(x: f64, y: f64, product: f64) -> f64:
    """x*y minus its rounded value, exactly (Dekker)."""
    xh = high_part(x)
    xl = x - xh
    yh = high_part(y)
    yl = y - yh
    return xl * yl - (((product - xh * yh) - xl * yh) - xh * yl)


@native
def num_text(g: Ptr[VM], x: f64, out: Ptr[u8]) -> u32:
    """Writes the text of a number; returns its length."""
    at = out
    if bits(x) >> 63 != 0 and x == x:
        at[0] = MINUS
        at = at + 1
        x = -x
    if x < 100000000000000.0:
        whole = i64(x)
        if f64(whole) == x:
            return u32(addr(at) - addr(out)) + put_integer(at, whole)
        return u32(addr(at) - addr(out)) + put_general(g, at, x)
    if x != x:
        put_word(at, NOT_A, ord("a"), NOT_A)
        return 3
    if x - x != 0.0:
        put_word(at, INFINITE, NOT_A, ord("f"))
        return u32(addr(at) - addr(out)) + 3
    return u32(addr(at) - addr(out)) + put_general(g, at, x)


@inline
def put_integer(out: Ptr[u8], n: i64) -> u32:
    """A natural number below 10^14."""
    length: u32 = 0
    if n < 10000000:
        low = u32(n)
        length = count_digits(low)
        put_digits(out, low, length)
    else:
        high = idiv(n, 10000000)
        top = u32(high)
        length = count_digits(top)
        put_digits(out, top, length)
        put_digits(out + length, u32(n - high * 10000000), 7)
        length += 7
    return length


@native
def put_general(g: Ptr[VM], out: Ptr[u8], x: f64) -> u32:
    """A positive finite number as "%.14g"."""
    e2 = i32(bits(x) >> 52) - 1023
    e10 = i32(floor(f64(e2) * 0.30102999566398120))
    if unlikely(e10 < -8 or e10 > 33):
        return put_by_python(g, out, x)
    n = scaled_digits(x, DIGITS - 1 - e10)
    if n >= 100000000000000:
        e10 += 1
        n = scaled_digits(x, DIGITS - 1 - e10)
        if n >= 100000000000000:  # Rounded up to the next power of ten.
            n = 10000000000000
            e10 += 1
    high = idiv(n, 10000000)
    put_digits(out + 1, u32(high), 7)
    put_digits(out + 8, u32(n - high * 10000000), 7)
    return layout_digits(out, e10)


@native
def scaled_digits(x: f64, k: i32) -> i64:
    """x * 10^k, rounded to an integer, ties away from zero as LuaJIT does it."""
    low = 0.0
    high = 0.0
    if k >= 0:
        p = power_of_ten(u32(k))
        high = x * p
        low = product_error(x, p, high)
    else:
        p = power_of_ten(u32(-k))
        high = x / p
        back = high * p
        low = ((x - back) - product_error(high, p, back)) / p
    whole = floor(high)
    over = (high - whole - 0.5) + low
    n = i64(whole)
    if over >= 0.0:
        n += 1
    return n


@native
def layout_digits(out: Ptr[u8], e10: i32) -> u32:
    """Fourteen digits stand at out+1; moves them where "%g" wants them, without trailing zeros."""
    count: i32 = DIGITS
    while count > 1 and out[count] == ZERO:
        count -= 1
    if e10 < -4 or e10 >= DIGITS:
        out[0] = out[1]
        length: u32 = 1
        if count > 1:
            out[1] = POINT
            length = u32(count) + 1
        out[length] = EXPONENT
        out[length + 1] = MINUS if e10 < 0 else PLUS
        magnitude = u32(-e10 if e10 < 0 else e10)
        put_digits(out + length + 2, magnitude, 2)
        return length + 4
    if e10 >= 0:
        for i in range(e10 + 1):
            out[i] = out[i + 1]
        if count <= e10 + 1:
            return u32(e10 + 1)
        out[e10 + 1] = POINT  # Where the gap has moved to.
        return u32(count) + 1
    zeros = -1 - e10
    i = count
    while i > 0:
        out[i + 1 + zeros] = out[i]
        i -= 1
    out[0] = ZERO
    out[1] = POINT
    for j in range(zeros):
        out[2 + j] = ZERO
    return u32(2 + zeros + count)


@native
def put_by_python(g: Ptr[VM], out: Ptr[u8], x: f64) -> u32:
    """The rest of the range: Python leaves the string in the slot."""
    slot = Ptr[TValue](addr(g) + NUMSLOT_OFFSET)
    set_number(slot, x)
    g.upcall(UPCALL_NUMBER_TO_STRING, addr(slot), u64(0), u64(0))
    s = Ptr[GCstr](slot.bits & POINTER)
    p = str_data(s)
    for i in range(s.len):
        out[i] = p[i]
    return s.len


# From text.


@inline
def is_space(c: u32) -> bool:
    return c == 32 or (c >= 9 and c <= 13)


@native
def str_tonum(g: Ptr[VM], s: Ptr[GCstr], out: Ptr[TValue]) -> u32:
    """1 and the number in `out`, or 0.  `out` may hold the string itself."""
    p = str_data(s)
    end = p + s.len
    while is_space(p[0]):
        p = p + 1
    negative = p[0] == MINUS
    if negative or p[0] == PLUS:
        p = p + 1
    mantissa: u64 = 0
    digits: u32 = 0
    scale: i32 = 0
    point = False
    while True:
        c = p[0]
        if c >= ZERO and c <= NINE:
            mantissa = mantissa * 10 + u64(c - ZERO)
            digits += 1
            scale += 1 if point else 0
        elif c == POINT and not point:
            point = True
        else:
            break
        p = p + 1
    while is_space(p[0]):
        p = p + 1
    if unlikely(p != end or digits == 0 or digits > 15):
        return tonum_by_python(g, s, out)
    x = f64(i64(mantissa)) / power_of_ten(u32(scale))
    set_number(out, -x if negative else x)
    return 1


@native
def tonum_by_python(g: Ptr[VM], s: Ptr[GCstr], out: Ptr[TValue]) -> u32:
    """Exponents, hexadecimal numbers, many digits, and text that is no number."""
    slot = Ptr[TValue](addr(g) + NUMSLOT_OFFSET)
    slot.bits = addr(s) | STR_BITS
    return u32(g.upcall(UPCALL_STRING_TO_NUMBER, addr(slot), addr(out), u64(0)))
