"""string.format: the directives as they are mostly used, without Python.

    %d %i %u %x %X %o      integers of 64 bits, in digits
    %e %f %g %E %G         doubles, by the C library's strfromd; ties go away from zero, as in LuaJIT
    %s %q %c %%            text

The result is built in the shared buffer.  All else (`#` with doubles, %a, %p, integers beyond 2^63, errors)
has the whole call done again by `format_py.py`, which does everything.  Values with a __tostring are replaced
by their text first, because that calls Lua functions.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, State, TValue
from jitvm.lib.args import arg_error, check_string, result_string
from jitvm.lib.table import FunctionName, library
from jitvm.native import (
    Ptr,
    addr,
    bits,
    f64,
    floor,
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
from jitvm.runtime.callback import call_lua
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.meta import MM_TOSTRING, meta_lookup
from jitvm.runtime.number import NUMBER_TEXT, NUMTEXT_OFFSET, num_text, power_of_ten, put_digits
from jitvm.runtime.state import stack_grow
from jitvm.runtime.string import MAX_STRING, buf_need, bytes_copy, str_new
from jitvm.runtime.upcalls import UPCALL_BUILTIN
from jitvm.runtime.value import (
    copy,
    func_of,
    is_gcobj,
    is_nil,
    is_number,
    is_str,
    set_nil,
    str_data,
    str_of,
)

OVERFLOW, STACK_OVERFLOW = int(Bad.STRING_OVERFLOW), int(Bad.STACK_OVERFLOW)
LEFT, PLUS, BLANK, ALTERNATE, ZEROS = 1, 2, 4, 8, 16
PERCENT, DOT, ZERO, NINE, MINUS, PLUS_SIGN, SPACE, QUOTE, BACKSLASH = (ord(c) for c in "%.09-+ \"\\")
HASH, NEWLINE = ord("#"), ord("\n")
LETTER_D, LETTER_I, LETTER_U, LETTER_X, LETTER_O, LETTER_C = (ord(c) for c in "diuxoc")
LETTER_S, LETTER_Q, LETTER_E, LETTER_F, LETTER_G, CAPITAL_X = (ord(c) for c in "sqefgX")
#: Where digits are made: behind the text of one number (see `runtime/number.py`).
DIGITS_END = NUMTEXT_OFFSET + 0x78
DIGITS_START = NUMTEXT_OFFSET + 0x30
#: Slots below a called __tostring: none but format's own.
CALL_ROOM = 40
NO_PRECISION = -1
#: Bytes of a double in full: 309 digits, a point, 99 more, and a sign.
DOUBLE_TEXT = 420
TWO_52, TWO_63 = 4503599627370496.0, 9223372036854775808.0
GIVE_UP = (1 << 64) - 1
#: Neighbours of a number differ by less than the last of so many digits.
EXACT_DIGITS = 15
#: What settle_tie answers where a neighbour of the number is too far away to decide a tie.
NO_TIE_BREAK = -1.0


@library("string.format", FunctionName("string.format_aux"))
@native
def lib_string_format(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_string(g, base, nargs, 1)):
        return -1
    for i in range(1, nargs):
        if unlikely(is_gcobj(base + i) and not is_str(base + i)):
            if not tostring_arg(g, L, i, nargs):
                return -1
            base = L.base
    L.top = base + nargs
    size = format_all(g, base, nargs)
    if unlikely(size == GIVE_UP):
        aux = func_of(Ptr[TValue](addr(func_of(base - 2).ref("uv"))))
        return g.upcall(UPCALL_BUILTIN, addr(aux.pc), addr(L), u64(nargs))
    if unlikely(size > MAX_STRING):
        return arg_error(g, 0, OVERFLOW)
    return result_string(L, base, str_new(g, g.tmpbuf, u32(size)))


@native
def tostring_arg(g: Ptr[VM], L: Ptr[State], index: u32, nargs: u32) -> bool:
    """An argument that has a __tostring becomes what that returns, if a directive asks for its text."""
    base = L.base
    mo = meta_lookup(g, base + index, MM_TOSTRING)
    if is_nil(mo) or directive_of(str_of(base), index) != LETTER_S:
        return True
    if unlikely(base + (nargs + CALL_ROOM) > L.maxstack):
        if stack_grow(g, L, nargs + CALL_ROOM) != 0:
            arg_error(g, 0, STACK_OVERFLOW)
            return False
        base = L.base
    slot = base + nargs
    copy(slot, mo)
    copy(slot + 2, base + index)
    count = call_lua(g, L, slot, 1)
    if unlikely(count < 0):
        return False
    if count == 0:
        set_nil(L.base + index)
    else:
        copy(L.base + index, L.top - count)
    L.top = L.base + nargs
    return True


@native
def directive_of(s: Ptr[GCstr], index: u32) -> u32:
    """The letter of the directive that an argument is for; 0 if there is none."""
    p = str_data(s)
    end = p + s.len
    while p < end:
        if p[0] == PERCENT:
            p = p + 1
            if p[0] != PERCENT:
                while p < end and (p[0] < LETTER_A or p[0] | 32 > LETTER_Z):
                    p = p + 1
                index -= 1
                if index == 0:
                    return p[0]
        p = p + 1
    return 0


LETTER_A, LETTER_Z = ord("A"), ord("z")


# A directive between "%" and its letter is one word: flags, width << 8, precision + 1 << 16.


@inline
def precision_of(spec: u32) -> i32:
    """-1 if there is none."""
    return i32(spec >> 16 & 0xFF) - 1


@inline
def is_digit(c: u32) -> bool:
    return c - ZERO <= 9


@native
def format_all(g: Ptr[VM], base: Ptr[TValue], nargs: u32) -> u64:
    """The result in the buffer; its length, or GIVE_UP."""
    s = str_of(base)
    p = str_data(s)
    end = p + s.len
    size: u64 = 0
    arg: u32 = 0
    while p < end:
        plain = p
        while p < end and p[0] != PERCENT:
            p = p + 1
        length = u32(addr(p) - addr(plain))
        bytes_copy(g, buf_need(g, size + u64(length) + 8) + size, plain, length)
        size += u64(length)
        if p >= end:
            break
        p = p + 1
        if p[0] == PERCENT:
            buf_need(g, size + 8)[size] = PERCENT
            size += 1
            p = p + 1
            continue
        flags = flags_at(p)
        while is_flag(p[0]):
            p = p + 1
        width: u32 = 0
        for _ in range(2):
            if is_digit(p[0]):
                width = width * 10 + (p[0] - ZERO)
                p = p + 1
        precision: i32 = NO_PRECISION
        if p[0] == DOT:
            precision = 0
            p = p + 1
            for _ in range(2):
                if is_digit(p[0]):
                    precision = precision * 10 + i32(p[0] - ZERO)
                    p = p + 1
        arg += 1
        if unlikely(arg >= nargs):
            return GIVE_UP
        spec = flags | width << 8 | u32(precision + 1) << 16
        size = format_one(g, base + arg, p[0], spec, size)
        if unlikely(size > MAX_STRING):  # Or GIVE_UP.
            return size
        p = p + 1
    return size


@inline
def is_flag(c: u32) -> bool:
    return c == MINUS or c == PLUS_SIGN or c == SPACE or c == HASH or c == ZERO


@native
def flags_at(p: Ptr[u8]) -> u32:
    flags: u32 = 0
    while is_flag(p[0]):
        if p[0] == MINUS:
            flags = flags | LEFT
        elif p[0] == PLUS_SIGN:
            flags = flags | PLUS
        elif p[0] == SPACE:
            flags = flags | BLANK
        elif p[0] == HASH:
            flags = flags | ALTERNATE
        else:
            flags = flags | ZEROS
        p = p + 1
    return flags


@native
def format_one(g: Ptr[VM], tv: Ptr[TValue], letter: u32, spec: u32, size: u64) -> u64:
    """One directive; the length of the result with it."""
    if letter == LETTER_S:
        return format_text(g, tv, spec, size)
    if likely(is_number(tv)):
        if letter == LETTER_D or letter == LETTER_I:
            return format_int(g, tv.num, spec, size)
        small = letter | 32
        if small >= LETTER_E and small <= LETTER_G and letter != CAPITAL_F:
            return format_double(g, tv.num, letter, spec, size)
        if letter == LETTER_C:
            out = Ptr[u8](addr(g) + DIGITS_START)
            out[0] = u32(i32(tv.num))
            return put_field(g, out, 1, 0, spec & ~u32(ZEROS), size)
        if spec & ALTERNATE == 0 and tv.num < TWO_63:  # Negative numbers wrap around.
            if letter == LETTER_U:
                return format_digits(g, u64(i64(tv.num)), 10, spec, size)
            if small == LETTER_X:
                return format_digits(g, u64(i64(tv.num)), 16 | (letter - LETTER_X & 0xFF) << 8, spec, size)
            if letter == LETTER_O:
                return format_digits(g, u64(i64(tv.num)), 8, spec, size)
        return GIVE_UP
    if letter == LETTER_Q and is_str(tv):
        return format_quoted(g, str_of(tv), size)
    return GIVE_UP


CAPITAL_F = ord("F")


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
def format_int(g: Ptr[VM], x: f64, spec: u32, size: u64) -> u64:
    value = i64(x)
    how = 10 | sign_char(value < 0, spec) << 16
    return format_digits(g, u64(-value if value < 0 else value), how, spec, size)


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
    places: i32 = 6 if precision < 0 else precision
    if likely(x - x == 0.0):
        x = settle_tie(g, x, letter | 32, places)
        if unlikely(x < 0.0):
            return GIVE_UP
    else:
        if x != x:  # It has no sign.
            sign = SPACE if spec & BLANK != 0 else 0
        spec = spec & ~u32(ZEROS)
    template = Ptr[u8](addr(g) + DIGITS_START)
    template[0] = PERCENT
    template[1] = DOT
    put_digits(template + 2, u32(places), 2)
    template[4] = letter
    template[5] = 0
    out = buf_need(g, size + 2 * DOUBLE_TEXT + 256) + (size + DOUBLE_TEXT)
    length = g.strfromd(out, u64(DOUBLE_TEXT), template, x)
    return put_field(g, out, u32(length), sign, spec, size)


@native
def settle_tie(g: Ptr[VM], x: f64, letter: u32, precision: i32) -> f64:
    """The next double, if x lies exactly between two decimals of the wanted length.

    x is N / 2^k with N odd, so it has k decimals, the last one a 5: a tie is where exactly one is too many.
    Of an integer, digits are cut off: then x is an odd multiple of 10^q / 2, which is exact for q <= 22."""
    if x == 0.0:
        return x
    fraction = fraction_bits(x)
    if letter == LETTER_F:
        if fraction != precision + 1:
            return x
        # One unit in the last place must be less than one of the last decimal kept.
        unit = from_bits(bits(x) + 1) - x
        if precision > 22 or unit * power_of_ten(u32(precision)) >= 1.0:
            return NO_TIE_BREAK
        return from_bits(bits(x) + 1)
    digits = precision
    if letter == LETTER_G:
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
    template = Ptr[u8](addr(g) + DIGITS_START)
    template[0] = PERCENT
    template[1] = DOT
    template[2] = ord("1")
    template[3] = ord("7")
    template[4] = LETTER_E
    template[5] = 0
    out = template + 8
    g.strfromd(out, u64(40), template, x)
    p = out + 20  # One digit, the point, 17 digits, "e"; then the sign and the exponent.
    value: i32 = 0
    q = p + 1
    while is_digit(q[0]):
        value = value * 10 + i32(q[0] - ZERO)
        q = q + 1
    return -value if p[0] == MINUS else value


# Text.


@native
def format_text(g: Ptr[VM], tv: Ptr[TValue], spec: u32, size: u64) -> u64:
    p = Ptr[u8](addr(g) + DIGITS_START)
    length: u32 = 0
    if likely(is_str(tv)):
        p = str_data(str_of(tv))
        length = str_of(tv).len
    elif is_number(tv):
        p = Ptr[u8](addr(g) + NUMTEXT_OFFSET)
        length = num_text(g, tv.num, p)
    else:
        return GIVE_UP
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


assert NUMBER_TEXT <= 0x30 and 8 + 40 + DIGITS_START < DIGITS_END
