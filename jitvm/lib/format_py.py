"""What string.format leaves to Python: rare directives and flags, values without a text of their own, errors.

%d %i %u %o %x %X    the integer part of a number, as 64 bits
%a %A %e %E %f %g %G a double
%c %s %q %p          a byte, any value as text, a string as source text, an address
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

from jitvm.front.errors import BadArgument, LuaError
from jitvm.lib.call_py import Call, Results, function
from jitvm.runtime.value import POINTER
from jitvm.runtime.values import KIND_STR, NUMBER_FROM, kind_of

DIRECTIVE = re.compile(rb"%([-+ #0]*)([0-9]{0,2})(?:(\.)([0-9]{0,2}))?(.?)", re.DOTALL)
MASK64 = (1 << 64) - 1
MANTISSA_DIGITS = 13


class Spec:
    """One directive without its `%`."""

    __slots__ = ("flags", "letter", "precision", "width")

    def __init__(self, flags: bytes, width: int, precision: int | None, letter: str) -> None:
        self.flags = flags
        self.width = width
        self.precision = precision
        self.letter = letter

    def pad(self, text: bytes, zero_from: int | None = None) -> bytes:
        """To the width; with zeros after `zero_from` bytes if the flag asks for it."""
        missing = self.width - len(text)
        if missing <= 0:
            return text
        if b"-" in self.flags:
            return text + b" " * missing
        if b"0" in self.flags and zero_from is not None:
            return text[:zero_from] + b"0" * missing + text[zero_from:]
        return b" " * missing + text

    def sign(self, is_negative: bool) -> bytes:
        if is_negative:
            return b"-"
        return b"+" if b"+" in self.flags else b" " if b" " in self.flags else b""


def to_int64(x: float) -> int:
    """As CVTTSD2SI does."""
    return int(x) if -9223372036854775809.0 < x < 9223372036854775808.0 else -(1 << 63)


def to_uint64(x: float) -> int:
    """Numbers from 2^63 on keep their value, negative ones wrap."""
    if x >= 9223372036854775808.0:
        x -= 18446744073709551616.0
    return to_int64(x) & MASK64


def put_int(spec: Spec, digits: bytes, sign: bytes, prefix: bytes = b"") -> bytes:
    if spec.precision is not None:
        digits = digits.rjust(spec.precision, b"0") if spec.precision or digits != b"0" else b""
    head = sign + prefix
    return spec.pad(head + digits, len(head) if spec.precision is None else None)


def put_signed(spec: Spec, x: float) -> bytes:
    return put_int64(spec, to_int64(x))


def put_int64(spec: Spec, value: int) -> bytes:
    return put_int(spec, b"%d" % abs(value), spec.sign(value < 0))


def put_unsigned(spec: Spec, x: float) -> bytes:
    return put_uint64(spec, to_uint64(x))


def put_uint64(spec: Spec, value: int) -> bytes:
    shaped = {"u": b"%d", "o": b"%o", "x": b"%x", "X": b"%X"}[spec.letter] % value
    prefix = b""
    if spec.letter == "o" and b"#" in spec.flags and not value and spec.precision == 0:
        prefix = b"0"
    if b"#" in spec.flags and value:
        prefix = {"o": b"0", "x": b"0x", "X": b"0X"}.get(spec.letter, b"")
        if spec.letter == "o" and (spec.precision or 0) > len(shaped):
            prefix = b""  # A zero is in front already.
    return put_int(spec, shaped, b"", prefix)


def put_float(spec: Spec, x: float) -> bytes:
    is_negative = math.copysign(1.0, x) < 0
    sign = spec.sign(is_negative)
    if not math.isfinite(x):
        text = b"nan" if x != x else b"inf"
        if x != x:
            sign = b" " if b" " in spec.flags else b""
        return spec.pad(sign + (text.upper() if spec.letter.isupper() else text))
    if spec.letter in "aA":
        body, head = _hex_float(spec, abs(x)), len(sign) + 2
    else:
        body, head = _decimal(spec, abs(x)), len(sign)
    return spec.pad(sign + body, head)


def _decimal(spec: Spec, x: float) -> bytes:
    """Ties are rounded away from zero, as LuaJIT's own conversion does and C's does not."""
    precision = 6 if spec.precision is None else spec.precision
    alternate = "#" if b"#" in spec.flags else ""
    kind = spec.letter.lower()
    if kind == "f" and _is_coarse_tie(x, precision):
        numerator, denominator = x.as_integer_ratio()
        digits = b"%d" % ((2 * numerator * 10**precision // denominator + 1) // 2)
        return digits[:-precision] + b"." + digits[-precision:]
    if kind == "f":
        x = _settle_tie(x, precision)
    elif x and _is_coarse_tie(x, _kept(kind, precision) - 1 - _exponent(x)):
        text = _round_digits(kind, x, _kept(kind, precision), bool(alternate))
        return (text.upper() if spec.letter.isupper() else text).encode()
    elif x:
        x = _settle_tie(x, (precision if kind == "e" else max(precision, 1) - 1) - _exponent(x))
    return (f"%{alternate}.{precision}{spec.letter}" % x).encode()


def _kept(kind: str, precision: int) -> int:
    """Digits that "%e" or "%g" shows."""
    return precision + 1 if kind == "e" else max(precision, 1)


def _round_digits(kind: str, x: float, kept: int, alternate: bool) -> str:
    """A tie as "%e" or "%g", rounded up."""
    exponent = _exponent(x)
    numerator, denominator = x.as_integer_ratio()
    digits = str((2 * numerator * 10 ** (kept - 1 - exponent) // denominator + 1) // 2)
    if len(digits) > kept:
        digits, exponent = digits[:-1], exponent + 1
    if kind == "g" and -4 <= exponent < kept:
        shown = digits[: exponent + 1] if exponent >= 0 else "0"
        fraction, suffix = digits[exponent + 1 :] if exponent >= 0 else "0" * (-exponent - 1) + digits, ""
    else:
        shown, fraction, suffix = digits[0], digits[1:], f"e{exponent:+03d}"
    if kind == "g" and not alternate:
        fraction = fraction.rstrip("0")
    return shown + ("." + fraction if fraction or alternate else "") + suffix


def _is_coarse_tie(x: float, places: int) -> bool:
    """A tie of a number whose neighbours are further away than one of the last decimal."""
    if places <= 0:
        return False
    numerator, denominator = x.as_integer_ratio()
    exact = 2 * numerator * 10**places
    gap, unit = math.ulp(x).as_integer_ratio()
    return exact % denominator == 0 and exact // denominator % 2 == 1 and gap * 10**places >= unit


def _exponent(x: float) -> int:
    """Decimal exponent of the first digit."""
    return int(f"{x:.17e}".partition("e")[2])


def _settle_tie(x: float, places: int) -> float:
    """The next double up, if x lies exactly between two decimals with so many places."""
    if places < 0:
        unit = 10**-places
        is_tie = x == int(x) and int(x) % unit * 2 == unit
        return math.nextafter(x, math.inf) if is_tie else x
    if places >= 400:
        return x
    numerator, denominator = x.as_integer_ratio()
    if denominator < 2 or denominator.bit_length() > places + 2:
        return x  # A binary fraction of n bits has n decimals, the last one a 5.
    return math.nextafter(x, math.inf) if 2 * numerator * 10**places % (2 * denominator) == denominator else x


def _hex_float(spec: Spec, x: float) -> bytes:
    mantissa, exponent = math.frexp(x)
    if x == 0:
        digits, exponent = 0, 0
    else:
        digits, exponent = int(math.ldexp(mantissa, 53)), exponent - 1
    kept = MANTISSA_DIGITS
    if spec.precision is not None and spec.precision < MANTISSA_DIGITS:
        kept = spec.precision
        digits = round_half_up(digits, 4 * (MANTISSA_DIGITS - kept))
    lead, fraction = digits >> 4 * kept, digits & (1 << 4 * kept) - 1
    text = f"{fraction:0{kept}x}" if kept else ""
    text = text.rstrip("0") if spec.precision is None else text.ljust(spec.precision, "0")
    point = "." if text or b"#" in spec.flags else ""
    shown = f"0x{lead:x}{point}{text}p{exponent:+d}"
    return (shown.upper() if spec.letter == "A" else shown).encode()


def round_half_up(value: int, bits: int) -> int:
    """value / 2^bits, rounded; halves go up."""
    return (value + (1 << bits >> 1)) >> bits


def put_text(spec: Spec, text: bytes) -> bytes:
    return spec.pad(text if spec.precision is None else text[: spec.precision])


def put_quoted(text: bytes) -> bytes:
    """As a Lua string literal that reads back the same."""
    out = bytearray(b'"')
    for at, byte in enumerate(text):
        if byte in b'"\\\n':
            out += bytes((0x5C, byte))
        elif byte < 32 or byte == 127:
            next_is_digit = text[at + 1 : at + 2].isdigit()
            out += b"\\%03d" % byte if next_is_digit else b"\\%d" % byte
        else:
            out.append(byte)
    return bytes(out + b'"')


def _number(put: Callable[[Spec, float], bytes]) -> Callable[[Call, int, Spec], bytes]:
    return lambda call, number, spec: put(spec, call.number(number))


def _string(call: Call, number: int, spec: Spec) -> bytes:
    bits = call.bits(number)
    if kind_of(bits) == KIND_STR:
        return put_text(spec, call.runtime.values.text(bits))
    return put_text(spec, call.runtime.tostring(bits))


def _pointer(call: Call, number: int, spec: Spec) -> bytes:
    bits = call.bits(number)
    kind = kind_of(bits)
    text = b"NULL" if kind >= NUMBER_FROM or kind < 3 or not bits & POINTER else b"0x%08x" % (bits & POINTER)
    return put_text(spec, text)


DIRECTIVES: dict[str, Callable[[Call, int, Spec], bytes]] = {
    **dict.fromkeys("di", _number(put_signed)),
    **dict.fromkeys("uoxX", _number(put_unsigned)),
    **dict.fromkeys("aAeEfFgG", _number(put_float)),
    "c": lambda call, number, spec: spec.pad(bytes((call.integer(number) & 0xFF,))),
    "s": _string,
    "q": lambda call, number, spec: put_quoted(call.runtime.tostring(call.bits(number))),
    "p": _pointer,
}


@function("string.format_aux")
def string_format(call: Call) -> Results:
    return (b"".join(format_pieces(call, 1)),)


def format_pieces(call: Call, number: int) -> Iterator[bytes]:
    """The argument `number` with its directives filled in by the arguments behind it."""
    template = call.string(number)
    at = 0
    while True:
        found = template.find(b"%", at)
        if found < 0:
            yield template[at:]
            return
        yield template[at:found]
        if template[found + 1 : found + 2] == b"%":
            yield b"%"
            at = found + 2
            continue
        match = DIRECTIVE.match(template, found)
        assert match is not None
        number += 1
        spec, at = _spec(call, match), match.end()
        if number > call.count:
            raise BadArgument(number, b"value expected")
        yield DIRECTIVES[spec.letter](call, number, spec)


def _spec(call: Call, match: re.Match[bytes]) -> Spec:
    flags, width, dot, precision, letter = match.groups()
    kind = letter.decode("latin-1")
    if kind not in DIRECTIVES:
        shown = match[0] if letter >= b" " else match[0][:-1] if letter else match[0]
        raise LuaError(
            call.runtime.messages.caller_where(call.thread) + b"invalid option '" + shown + b"' to 'format'"
        )
    return Spec(flags, int(width or 0), int(precision or 0) if dot else None, kind)
