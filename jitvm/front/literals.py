r"""Literals: the text of a number or a string, and the value it stands for.

    scan_number(b"0x.8p1")  ->  1.0             scan_number(b"1..2")  ->  None, malformed
    scan_number(b"7ULL")    ->  CDataConst("uint64", 7)
    decode_string(rb'"a\65\u{e9}"', 0)  ->  (b"aA\xc3\xa9", end)

Numbers follow LuaJIT's scanner: decimal and hexadecimal with exponent, binary integers (0b), suffixes LL,
ULL, LLU and i in any case.  Values are correctly rounded; hexadecimal digits beyond the sixteenth only make
the value inexact.  Not here: blanks, signs, `inf` and octal numbers, which strings converted at run time
may have.
"""

from __future__ import annotations

import math
import re

from jitvm.front import messages
from jitvm.front.proto import CDataConst

MAX_EXPONENT = 1 << 20
EXPONENT_DIGITS = 7
INTEGER_DIGITS = 20       # of 2**64
HEX_DIGITS = 16           # digits kept; the rest is summarised in one sticky bit
NEWLINE = 0x0A
BACKSLASH = 0x5C

_SUFFIX = rb"(?P<suffix>[A-Za-z]*)\Z"
DECIMAL = re.compile(rb"(?P<int>[0-9]*)(?P<frac>\.[0-9]*)?(?:[eE](?P<exp>[+-]?[0-9]+))?" + _SUFFIX)
HEXADECIMAL = re.compile(
    rb"0[xX](?P<int>[0-9A-Fa-f]*)(?P<frac>\.[0-9A-Fa-f]*)?(?:[pP](?P<exp>[+-]?[0-9]+))?" + _SUFFIX)
BINARY = re.compile(rb"0[bB](?P<int>[01]+)" + _SUFFIX)
INTEGER_SUFFIXES = {b"ll": "int64", b"ull": "uint64", b"llu": "uint64"}

Number = float | CDataConst


class StringFault(Exception):
    """A string literal that cannot be read; `saved` is what had been read, None at the end of the text."""

    def __init__(self, message: bytes, at: int, saved: bytes | None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.saved = saved


# -- Numbers ------------------------------------------------------------------


def scan_number(text: bytes) -> Number | None:
    """The value of a number literal; None if it is malformed."""
    prefix = text[:2].lower()
    if prefix == b"0x":
        return _scan_hex(text)
    if prefix == b"0b":
        return _scan_binary(text)
    match = DECIMAL.match(text)
    if match is None or not (match["int"] or len(match["frac"] or b"") > 1):
        return None
    if not _exponent_fits(match["frac"] or b"", match["exp"]):
        return None
    suffix = match["suffix"].lower()
    if suffix in INTEGER_SUFFIXES:
        digits = (match["int"] or b"").lstrip(b"0") or b"0"
        return _integer(match, int(digits)) if len(digits) <= INTEGER_DIGITS else None
    value = float(text[:match.start("suffix")])
    return _with_suffix(value, suffix)


def _with_suffix(value: float, suffix: bytes) -> Number | None:
    if not suffix:
        return value
    return CDataConst("complex", value) if suffix == b"i" else None


def _integer(match: re.Match[bytes], value: int) -> CDataConst | None:
    """A 64-bit literal; it may have neither fraction nor exponent."""
    parts = match.groupdict()
    if parts.get("frac") is not None or parts.get("exp") is not None or value >> 64:
        return None
    kind = INTEGER_SUFFIXES[match["suffix"].lower()]
    if kind == "int64" and value >> 63:
        value -= 1 << 64
    return CDataConst(kind, value)


def _exponent_fits(fraction: bytes, exponent: bytes | None) -> bool:
    if exponent is not None:
        digits = exponent.lstrip(b"+-").lstrip(b"0")
        if len(digits) > EXPONENT_DIGITS or abs(_exponent(exponent)) >= MAX_EXPONENT:
            return False
    return len(fraction.rstrip(b"0")) <= MAX_EXPONENT


def _exponent(text: bytes) -> int:
    """An exponent that fits; Python refuses to read very many zeros."""
    value = int(text.lstrip(b"+-").lstrip(b"0") or b"0")
    return -value if text.startswith(b"-") else value


def _scan_hex(text: bytes) -> Number | None:
    match = HEXADECIMAL.match(text)
    if match is None:
        return None
    fraction = match["frac"] or b""
    if not (match["int"] or len(fraction) > 1) or not _exponent_fits(fraction, match["exp"]):
        return None
    suffix = match["suffix"].lower()
    fraction = fraction[1:].rstrip(b"0")
    digits = (match["int"] + fraction).lstrip(b"0")
    if suffix in INTEGER_SUFFIXES:
        return _integer(match, int(digits or b"0", 16)) if len(digits) <= HEX_DIGITS else None
    exponent = _exponent(match["exp"] or b"0") - 4 * len(fraction)
    mantissa = int(digits[:HEX_DIGITS] or b"0", 16)
    if len(digits) > HEX_DIGITS:
        exponent += 4 * (len(digits) - HEX_DIGITS)
        mantissa |= bool(digits[HEX_DIGITS:].strip(b"0"))
    return _with_suffix(scale(mantissa, exponent), suffix)


def _scan_binary(text: bytes) -> Number | None:
    match = BINARY.match(text)
    if match is None or len(match["int"].lstrip(b"0")) > 64:
        return None
    value = int(match["int"], 2)
    suffix = match["suffix"].lower()
    return _integer(match, value) if suffix in INTEGER_SUFFIXES else _with_suffix(float(value), suffix)


def scale(mantissa: int, exponent: int) -> float:
    """mantissa * 2**exponent, rounded once."""
    excess = max(mantissa.bit_length() - 53, -1074 - exponent, 0)
    if excess:
        half = 1 << (excess - 1)
        rest = mantissa & ((half << 1) - 1)
        mantissa >>= excess
        exponent += excess
        if rest > half or (rest == half and mantissa & 1):
            mantissa += 1
    try:
        return math.ldexp(mantissa, exponent)
    except OverflowError:
        return math.inf


# -- Strings ------------------------------------------------------------------

PLAIN = {quote: re.compile(rb"[^\\\n%c]*" % quote) for quote in b"\"'"}
ESCAPES = re.compile(
    rb"\\(?:(?P<simple>[abfnrtv\\\"'\n])|z(?P<space>[ \t\n\v\f\r]*)|x(?P<hex>[0-9A-Fa-f]{2})"
    rb"|(?P<decimal>[0-9]{1,3})|u\{(?P<code>[0-9A-Fa-f]+)\})")
SIMPLE = dict(zip(b"abfnrtv\\\"'\n", b"\a\b\f\n\r\t\v\\\"'\n"))


def decode_string(source: bytes, start: int) -> tuple[bytes, int]:
    """The value of the string literal whose quote stands at `start`, and where it ends."""
    quote = source[start]
    plain = PLAIN[quote]
    saved = bytearray((quote,))
    pos = start + 1
    while True:
        match = plain.match(source, pos)
        assert match is not None, "matches the empty string"
        saved += match[0]
        pos = match.end()
        if pos >= len(source):
            raise StringFault(messages.STRING, pos, None)
        stop = source[pos]
        if stop == quote:
            return bytes(saved[1:]), pos + 1
        if stop == NEWLINE:
            raise StringFault(messages.STRING, pos, bytes(saved))
        assert stop == BACKSLASH, stop
        pos = _decode_escape(source, pos, saved)


def _decode_escape(source: bytes, pos: int, saved: bytearray) -> int:
    match = ESCAPES.match(source, pos)
    if match is None:
        if pos + 1 == len(source):
            raise StringFault(messages.STRING, pos, None)
        raise StringFault(messages.ESCAPE, pos, bytes(saved))
    kind = match.lastgroup
    assert kind is not None, match
    text = match[kind]
    if kind == "simple":
        saved.append(SIMPLE[text[0]])
    elif kind == "hex":
        saved.append(int(text, 16))
    elif kind == "decimal" and int(text) <= 255:
        saved.append(int(text))
    elif kind == "code" and _is_scalar(text):
        saved += chr(int(text, 16)).encode()
    elif kind != "space":
        raise StringFault(messages.ESCAPE, pos, bytes(saved))
    return match.end()


def _is_scalar(digits: bytes) -> bool:
    """A code point that UTF-8 can encode."""
    digits = digits.lstrip(b"0")
    if len(digits) > 6:
        return False
    code = int(digits or b"0", 16)
    return code < 0x110000 and not 0xD800 <= code < 0xE000
