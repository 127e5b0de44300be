"""Numbers to text and back, exactly.

    length = num_text(g, x, out)        the text that print shows: "%.14g"
    ok = str_tonum(g, s, out)           the number a string spells, as luajit reads it

To text: integers of up to 14 digits are written digit by digit.  Other numbers are scaled to 14 digits
before the point by a power of ten that is exact in a double (10^22 at most); the error of that one
multiplication or division is computed (Dekker's two-product), so that rounding is decided on the exact
value.  To numbers: up to 15 digits and such a power of ten are one correctly rounded operation (Clinger's
fast path), and hexadecimal integers of 52 bits are exact.  To text of what is beyond: `digits.py`; the rarer
spellings of numbers are left to Python.

Text is written in the locale C; the final NUL is not.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, TValue
from jitvm.native import Ptr, addr, bits, f64, floor, i32, i64, idiv, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.digits import (
    GENERAL,
    count_digits,
    double_text,
    power_of_ten,
    put_digits,
)
from jitvm.runtime.upcalls import UPCALL_STRING_TO_NUMBER
from jitvm.runtime.value import STR_BITS, set_number, str_data

#: Room that `num_text` may need.
NUMBER_TEXT = 40
#: A slot for upcalls.
NUMSLOT_OFFSET = 0x8080
DIGITS = 14
MINUS, PLUS, POINT, ZERO, NINE = ord("-"), ord("+"), ord("."), ord("0"), ord("9")
EXPONENT, INFINITE, NOT_A, HEXADECIMAL, FIRST_LETTER = (ord(c) for c in "einxa")
#: Beyond every exponent of a double.
ABSURD = 1000


@inline
def put_word(out: Ptr[u8], first: u32, second: u32, third: u32) -> None:
    out[0] = first
    out[1] = second
    out[2] = third


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
        return u32(addr(at) - addr(out)) + general_text(g, at, x, u32(DIGITS))
    if x != x:
        put_word(at, NOT_A, ord("a"), NOT_A)
        return 3
    if x - x != 0.0:
        put_word(at, INFINITE, NOT_A, ord("f"))
        return u32(addr(at) - addr(out)) + 3
    return u32(addr(at) - addr(out)) + general_text(g, at, x, u32(DIGITS))


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
def general_text(g: Ptr[VM], out: Ptr[u8], x: f64, digits: u32) -> u32:
    """A positive finite number as %g with so many digits, 1 to 14; its length."""
    e2 = i32(bits(x) >> 52) - 1023
    e10 = i32(floor(f64(e2) * 0.30102999566398120))
    if unlikely(e10 < -8 or e10 > i32(digits) + 19):
        return u32(double_text(g, x, GENERAL, digits, out))
    limit = i64(power_of_ten(digits))
    n = scaled_digits(x, i32(digits) - 1 - e10)
    if n >= limit:
        e10 += 1
        n = scaled_digits(x, i32(digits) - 1 - e10)
        if n >= limit:  # Rounded up to the next power of ten.
            n = i64(power_of_ten(digits - 1))
            e10 += 1
    put_long(out + 1, n, digits)
    return layout_digits(out, e10, i32(digits))


@native
def fixed_text(out: Ptr[u8], x: f64, places: u32) -> u32:
    """A number below 10^(14 - places) as %f; its length."""
    n = scaled_digits(x, i32(places))
    length: u32 = places + 1
    while length < DIGITS + 1 and n >= i64(power_of_ten(length)):
        length += 1
    if places == 0:
        put_long(out, n, length)
        return length
    whole = length - places
    put_long(out + 1, n, length)
    for i in range(whole):
        out[i] = out[i + 1]
    out[whole] = POINT
    return length + 1


@inline
def put_long(out: Ptr[u8], n: i64, count: u32) -> None:
    """Exactly `count` digits, at most 15."""
    if count <= 7:
        put_digits(out, u32(n), count)
    else:
        high = idiv(n, 10000000)
        put_digits(out, u32(high), count - 7)
        put_digits(out + (count - 7), u32(n - high * 10000000), 7)


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
def layout_digits(out: Ptr[u8], e10: i32, digits: i32) -> u32:
    """Digits stand at out+1; moves them where "%g" wants them, without trailing zeros."""
    count = digits
    while count > 1 and out[count] == ZERO:
        count -= 1
    if e10 < -4 or e10 >= digits:
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
    c = p[0]
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
    if unlikely(digits == 0 and not point and c | 32 != INFINITE and c | 32 != NOT_A):
        return 0
    if unlikely(digits == 1 and mantissa == 0 and c | 32 == HEXADECIMAL):
        return hexadecimal(g, s, p + 1, negative, out)
    if c | 32 == EXPONENT:
        sign = p[1]
        p = p + (2 if sign == MINUS or sign == PLUS else 1)
        exponent: i32 = 0 if p[0] - ZERO <= 9 else ABSURD
        while p[0] - ZERO <= 9 and exponent < ABSURD:
            exponent = exponent * 10 + i32(p[0] - ZERO)
            p = p + 1
        scale -= -exponent if sign == MINUS else exponent
    while is_space(p[0]):
        p = p + 1
    if unlikely(p != end or digits == 0 or digits > 15 or scale < -22 or scale > 22):
        return tonum_by_python(g, s, out)
    x = f64(i64(mantissa))
    x = x / power_of_ten(u32(scale)) if scale >= 0 else x * power_of_ten(u32(-scale))
    set_number(out, -x if negative else x)
    return 1


@native
def hexadecimal(g: Ptr[VM], s: Ptr[GCstr], p: Ptr[u8], negative: bool, out: Ptr[TValue]) -> u32:
    """The digits from `p` on, behind the 0x."""
    mantissa: u64 = 0
    digits: u32 = 0
    while p[0] - ZERO <= 9 or (p[0] | 32) - FIRST_LETTER <= 5:
        c = p[0]
        mantissa = mantissa << 4 | u64(c - ZERO if c <= NINE else (c | 32) - FIRST_LETTER + 10)
        digits += 1
        p = p + 1
    while is_space(p[0]):
        p = p + 1
    if unlikely(p != str_data(s) + s.len or digits == 0 or digits > 13):
        return tonum_by_python(g, s, out)
    x = f64(i64(mantissa))
    set_number(out, -x if negative else x)
    return 1


@native
def tonum_by_python(g: Ptr[VM], s: Ptr[GCstr], out: Ptr[TValue]) -> u32:
    """Extreme exponents, many digits, fractions in hexadecimal, and much that is no number."""
    slot = Ptr[TValue](addr(g) + NUMSLOT_OFFSET)
    slot.bits = addr(s) | STR_BITS
    return u32(g.upcall(UPCALL_STRING_TO_NUMBER, addr(slot), addr(out), u64(0)))
