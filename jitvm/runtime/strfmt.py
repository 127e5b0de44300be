"""Formatted items: one directive of string.format put into the shared buffer, without Python.

    %d %i %u %x %X %o      integers of 64 bits, in digits
    %e %f %g %E %G         doubles, by the C library's strfromd
    %s %q %c               text

    size = format_number(g, x, ord("d"), spec, size)      what to append, and the length of the result with it

Used by the library function and by traces.  All else (`#`, %a, %p, numbers beyond 2^63) is answered with
GIVE_UP: Python (`lib/format_py.py`) does everything.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, GCtab, TValue
from jitvm.native import (
    Ptr,
    addr,
    bits,
    f64,
    from_bits,
    i32,
    i64,
    idiv,
    inline,
    likely,
    native,
    u8,
    u32,
    u64,
    unlikely,
)
from jitvm.runtime.digits import (
    DIGITS_END,
    DIGITS_OFFSET,
    DOUBLE_TEXT,
    NUMTEXT_OFFSET,
    double_text,
    power_of_ten,
    put_digits,
)
from jitvm.runtime.number import NUMBER_TEXT, fixed_text, general_text, num_text
from jitvm.runtime.string import MAX_STRING, buf_need, bytes_copy
from jitvm.runtime.table import tab_getint
from jitvm.runtime.value import is_number, is_str, str_data, str_of

# What stands between "%" and the letter is one word: flags, width << 8, precision + 1 << 16.
LEFT, PLUS, ZEROS, BLANK, ALTERNATE = 1, 2, 4, 8, 16
ZERO, MINUS, PLUS_SIGN, SPACE, QUOTE, BACKSLASH, NEWLINE = (ord(c) for c in '0-+ "\\\n')
LETTER_D, LETTER_I, LETTER_U, LETTER_X, LETTER_O, LETTER_C = (ord(c) for c in "diuxoc")
LETTER_S, LETTER_Q, LETTER_E, LETTER_F, LETTER_G, CAPITAL_F = (ord(c) for c in "sqefgF")
GIVE_UP = (1 << 64) - 1
NO_TEXT = 1 << 63
TWO_63 = 9223372036854775808.0
#: What `runtime/number.py` makes.
FEW_DIGITS, FEW_LIMIT = 14, 1e14


@inline
def precision_of(spec: u32) -> i32:
    """-1 if there is none."""
    return i32(spec >> 16 & 0xFF) - 1


@inline
def is_digit(c: u32) -> bool:
    return c - ZERO <= 9


@native
def format_one(g: Ptr[VM], tv: Ptr[TValue], letter: u32, spec: u32, size: u64) -> u64:
    """One directive; the length of the result with it."""
    if letter == LETTER_S:
        return format_text(g, tv, spec, size)
    if likely(is_number(tv)):
        return format_number(g, tv.num, letter, spec, size)
    if letter == LETTER_Q and is_str(tv):
        return format_quoted(g, str_of(tv), size)
    return GIVE_UP


@native
def format_number(g: Ptr[VM], x: f64, letter: u32, spec: u32, size: u64) -> u64:
    """The directives for numbers."""
    if letter == LETTER_D or letter == LETTER_I:
        return format_int(g, i64(x), spec, size)
    small = letter | 32
    if small >= LETTER_E and small <= LETTER_G and letter != CAPITAL_F:
        return format_double(g, x, letter, spec, size)
    if letter == LETTER_C:
        return format_char(g, u32(i32(x)), spec, size)
    if x < TWO_63:  # Negative numbers wrap around.
        return format_unsigned(g, u64(i64(x)), letter, spec, size)
    return GIVE_UP


@native
def format_char(g: Ptr[VM], c: u32, spec: u32, size: u64) -> u64:
    out = Ptr[u8](addr(g) + DIGITS_OFFSET)
    out[0] = c
    return put_field(g, out, 1, 0, spec & ~u32(ZEROS), size)


@native
def put_field(g: Ptr[VM], p: Ptr[u8], length: u32, before: u32, spec: u32, size: u64) -> u64:
    """Sign, zeros (`before`: sign | zeros << 8) and text, filled up to the width."""
    sign = before & 0xFF
    zeros = before >> 8
    flags = spec & 0xFF
    width = spec >> 8 & 0xFF
    total = length + zeros + (1 if sign != 0 else 0)
    room = width - total if width > total else 0
    out = buf_need(g, size + u64(total) + u64(room) + 8) + size
    if flags & LEFT == 0 and flags & ZEROS == 0:
        out = fill(out, SPACE, room)
    if sign != 0:
        out[0] = sign
        out = out + 1
    if flags & LEFT == 0 and flags & ZEROS != 0:
        out = fill(out, ZERO, room)
    out = fill(out, ZERO, zeros)
    bytes_copy(g, out, p, length)
    if flags & LEFT != 0:
        fill(out + length, SPACE, room)
    return size + u64(total) + u64(room)


@native
def fill(out: Ptr[u8], c: u32, count: u32) -> Ptr[u8]:
    for i in range(count):
        out[i] = c
    return out + count


# Integers.


@inline
def sign_char(negative: bool, flags: u32) -> u32:
    c: u32 = 0
    if negative:
        c = MINUS
    elif flags & PLUS != 0:
        c = PLUS_SIGN
    elif flags & BLANK != 0:
        c = SPACE
    return c


@native
def format_int(g: Ptr[VM], value: i64, spec: u32, size: u64) -> u64:
    how = 10 | sign_char(value < 0, spec) << 16
    return format_digits(g, u64(-value if value < 0 else value), how, spec, size)


@native
def format_unsigned(g: Ptr[VM], value: u64, letter: u32, spec: u32, size: u64) -> u64:
    if spec & ALTERNATE != 0:
        return GIVE_UP
    if letter == LETTER_U:
        return format_digits(g, value, 10, spec, size)
    if letter | 32 == LETTER_X:
        return format_digits(g, value, 16 | (letter - LETTER_X & 0xFF) << 8, spec, size)
    if letter == LETTER_O:
        return format_digits(g, value, 8, spec, size)
    return GIVE_UP


@native
def format_digits(g: Ptr[VM], value: u64, how: u32, spec: u32, size: u64) -> u64:
    """Digits, at least as the precision says.  `how`: radix | distance to capitals << 8 | sign << 16."""
    radix = how & 0xFF
    case = u32(i32(how << 16) >> 24)
    precision = precision_of(spec)
    end = Ptr[u8](addr(g) + DIGITS_END)
    p = end
    if radix == 10:
        p = decimal_digits(end, value)
    else:
        shift: u32 = 4 if radix == 16 else 3
        rest = value
        while rest != 0:
            digit = u32(rest) & (radix - 1)
            p = p - 1
            p[0] = digit + ZERO if digit < 10 else digit + (ord("a") - 10) + case
            rest = rest >> shift
    length = u32(addr(end) - addr(p))
    zeros: u32 = 0
    if precision >= 0:
        spec = spec & ~u32(ZEROS)
        if u32(precision) > length:
            zeros = u32(precision) - length
    elif length == 0:
        zeros = 1
    return put_field(g, p, length, how >> 16 | zeros << 8, spec, size)


@native
def decimal_digits(end: Ptr[u8], value: u64) -> Ptr[u8]:
    """The digits that end at `end`; none for 0."""
    p = end
    while value >> 32 != 0:
        high = divided(value)
        p = p - 1
        p[0] = ZERO + u32(value - high * 10)
        value = high
    low = u32(value)
    while low != 0:
        high32 = u32((u64(low) * 0xCCCCCCCD) >> 35)
        p = p - 1
        p[0] = ZERO + (low - high32 * 10)
        low = high32
    return p


@inline
def divided(value: u64) -> u64:
    """By ten.  Halved first, so that the sign bit is free."""
    return u64(idiv(i64(value >> 1), 5))


# Doubles.


@native
def format_double(g: Ptr[VM], x: f64, letter: u32, spec: u32, size: u64) -> u64:
    if unlikely(spec & ALTERNATE != 0):
        return GIVE_UP
    sign = sign_char(bits(x) >> 63 != 0, spec)
    precision = precision_of(spec)
    x = from_bits(bits(x) & ((1 << 63) - 1))
    if unlikely(x - x != 0.0):
        if x != x:  # It has no sign.
            sign = SPACE if spec & BLANK != 0 else 0
        spec = spec & ~u32(ZEROS)
    out = buf_need(g, size + 2 * DOUBLE_TEXT + 256) + (size + DOUBLE_TEXT)
    length = positive_text(g, x, letter, u32(6 if precision < 0 else precision), out)
    if unlikely(length < 0):
        return GIVE_UP
    return put_field(g, out, u32(length), sign, spec, size)


@native
def positive_text(g: Ptr[VM], x: f64, letter: u32, places: u32, out: Ptr[u8]) -> i32:
    """In at most 14 digits by multiplication, else by the C library."""
    if likely(places <= FEW_DIGITS and x > 0.0):
        if letter == LETTER_F and x * power_of_ten(places) < FEW_LIMIT:
            return i32(fixed_text(out, x, places))
        if letter == LETTER_G and places > 0 and x - x == 0.0:
            return i32(general_text(g, out, x, places))
    return double_text(g, x, letter, places, out)



# Text.


@native
def format_text(g: Ptr[VM], tv: Ptr[TValue], spec: u32, size: u64) -> u64:
    if likely(is_str(tv)):
        return put_slice(g, str_data(str_of(tv)), str_of(tv).len, spec, size)
    if is_number(tv):
        p = Ptr[u8](addr(g) + NUMTEXT_OFFSET)
        return put_slice(g, p, num_text(g, tv.num, p), spec, size)
    return GIVE_UP


@native
def put_slice(g: Ptr[VM], p: Ptr[u8], length: u32, spec: u32, size: u64) -> u64:
    """As much of a text as the precision allows."""
    precision = precision_of(spec)
    if precision >= 0 and u32(precision) < length:
        length = u32(precision)
    return put_field(g, p, length, 0, spec & ~u32(ZEROS), size)


@native
def format_quoted(g: Ptr[VM], s: Ptr[GCstr], size: u64) -> u64:
    """A literal that reads back as the same string."""
    p = str_data(s)
    out = buf_need(g, size + 4 * u64(s.len) + 16) + size
    start = out
    out[0] = QUOTE
    out = out + 1
    for i in range(s.len):
        c = p[i]
        if c == QUOTE or c == BACKSLASH or c == NEWLINE:
            out[0] = BACKSLASH
            out[1] = c
            out = out + 2
        elif c < 32 or c == 127:
            out[0] = BACKSLASH
            digits: u32 = 3
            if not is_digit(p[i + 1]):
                digits = 1 if c < 10 else (2 if c < 100 else 3)
            put_digits(out + 1, c, digits)
            out = out + (digits + 1)
        else:
            out[0] = c
            out = out + 1
    out[0] = QUOTE
    return size + (addr(out) - addr(start)) + 1


# The elements of a table.


@native
def put_item(g: Ptr[VM], item: Ptr[TValue], size: u64) -> u64:
    """Appends a string or number to the buffer; the size with it."""
    if is_str(item):
        s = str_of(item)
        bytes_copy(g, buf_need(g, size + u64(s.len) + 8) + size, str_data(s), s.len)
        return size + u64(s.len)
    return size + u64(num_text(g, item.num, buf_need(g, size + NUMBER_TEXT) + size))


@native
def put_elements(
    g: Ptr[VM], t: Ptr[GCtab], between: Ptr[GCstr], first: i32, last: i32, size: u64
) -> u64:
    """Appends elements with a separator between them; the size with them, perhaps too large for a string.

    An element that is no text ends it: NO_TEXT and its index."""
    i = i64(first)
    while i <= i64(last) and size <= MAX_STRING:
        item = tab_getint(g, t, i32(i))
        if unlikely(not (is_str(item) or is_number(item))):
            return u64(NO_TEXT) | u64(u32(i32(i)))
        size = put_item(g, item, size)
        if i < i64(last):
            bytes_copy(g, buf_need(g, size + u64(between.len) + 8) + size, str_data(between), between.len)
            size += u64(between.len)
        i += 1
    return size
