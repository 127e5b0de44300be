"""Digits of numbers: of integers by multiplication, of doubles by the C library's strfromd.

strfromd rounds ties to even, LuaJIT away from zero: a double that lies exactly between two decimals of the
wanted length is made the next double first (`settle_tie`).

    length = double_text(g, x, ord("g"), 14, out)       "%.14g"
"""

from __future__ import annotations

from ir.objects import VM
from jitvm.native import (
    Ptr,
    addr,
    bits,
    f64,
    floor,
    from_bits,
    i32,
    inline,
    likely,
    native,
    u8,
    u32,
    u64,
    unlikely,
)

#: A place in the global area for the text of one number, and after it for digits and what strfromd is told.
NUMTEXT_OFFSET = 0x8000
DIGITS_OFFSET = NUMTEXT_OFFSET + 0x30
DIGITS_END = NUMTEXT_OFFSET + 0x78
#: Bytes of a double in full: 309 digits, a point, 99 more, and a sign.
DOUBLE_TEXT = 420
ZERO, NINE, MINUS, PERCENT, DOT = (ord(c) for c in "09-%.")
EXPONENT, FIXED, GENERAL = (ord(c) for c in "efg")
#: Neighbours of a number differ by less than the last of so many digits.
EXACT_DIGITS = 15
#: What settle_tie answers where a neighbour of the number is too far away to decide a tie.
NO_TIE_BREAK = -1.0
#: What double_text answers then.
UNDECIDED = -1


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


@native
def double_text(g: Ptr[VM], x: f64, letter: u32, places: u32, out: Ptr[u8]) -> i32:
    """The text of x >= 0 as `letter` (e f g or capitals) says; its length, or UNDECIDED.

    There must be room for DOUBLE_TEXT bytes."""
    if likely(x - x == 0.0):
        x = settle_tie(g, x, letter | 32, i32(places))
        if unlikely(x < 0.0):
            return i32(UNDECIDED)
    template = Ptr[u8](addr(g) + DIGITS_OFFSET)
    template[0] = PERCENT
    template[1] = DOT
    put_digits(template + 2, places, 2)
    template[4] = letter
    template[5] = 0
    return g.strfromd(out, u64(DOUBLE_TEXT), template, x)


@native
def settle_tie(g: Ptr[VM], x: f64, letter: u32, precision: i32) -> f64:
    """The next double, if x lies exactly between two decimals of the wanted length.

    x is N / 2^k with N odd, so it has k decimals, the last one a 5: a tie is where exactly one is too many.
    Of an integer, digits are cut off: then x is an odd multiple of 10^q / 2, which is exact for q <= 22."""
    if x == 0.0:
        return x
    fraction = fraction_bits(x)
    if letter == FIXED:
        if fraction != precision + 1:
            return x
        # One unit in the last place must be less than one of the last decimal kept.
        unit = from_bits(bits(x) + 1) - x
        if precision > 22 or unit * power_of_ten(u32(precision)) >= 1.0:
            return NO_TIE_BREAK
        return from_bits(bits(x) + 1)
    digits = precision
    if letter == GENERAL:
        digits = precision - 1 if precision > 0 else 0
    guess = i32(floor(f64(i32(bits(x) >> 52) - 1023) * 0.30102999566398120))
    # So many decimals would be kept: digits - e10, and e10 is the guess or one more.
    if fraction > 0 and fraction != digits - guess + 1 and fraction != digits - guess:
        return x
    if fraction == 0 and guess + 1 <= digits:
        return x
    places = digits - exponent10(g, x)
    if places >= 0:
        if fraction != places + 1:
            return x
        return from_bits(bits(x) + 1) if digits < EXACT_DIGITS else NO_TIE_BREAK
    if fraction != 0 or places < -22:
        return x
    unit = power_of_ten(u32(-places))
    return from_bits(bits(x) + 1) if g.fmod(x, unit) * 2.0 == unit else x


@native
def fraction_bits(x: f64) -> i32:
    """How many binary digits x has behind the point."""
    exponent = i32(bits(x) >> 52)
    if exponent == 0:
        return 1074
    mantissa = bits(x) & ((1 << 52) - 1) | 1 << 52
    count = 1075 - exponent
    while count > 0 and mantissa & 1 == 0:
        mantissa = mantissa >> 1
        count -= 1
    return count if count > 0 else 0


@native
def exponent10(g: Ptr[VM], x: f64) -> i32:
    """The decimal exponent of the first digit."""
    template = Ptr[u8](addr(g) + DIGITS_OFFSET)
    template[0] = PERCENT
    template[1] = DOT
    template[2] = ord("1")
    template[3] = ord("7")
    template[4] = EXPONENT
    template[5] = 0
    out = template + 8
    g.strfromd(out, u64(40), template, x)
    p = out + 20  # One digit, the point, 17 digits, "e"; then the sign and the exponent.
    value: i32 = 0
    q = p + 1
    while q[0] - ZERO <= 9:
        value = value * 10 + i32(q[0] - ZERO)
        q = q + 1
    return -value if p[0] == MINUS else value


assert 8 + 40 + DIGITS_OFFSET < DIGITS_END
