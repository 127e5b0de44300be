"""Kinds of characters, in the C locale, and what the class letters of patterns stand for.

    char_bits[c] & class_bits[ord("a")]       is c a letter?

Bytes from 128 on are of no kind.  Class letters in upper case have the same bits; they mean the opposite.
"""

from __future__ import annotations

CONTROL, SPACE, PUNCTUATION, DIGIT, HEX, UPPER, LOWER = (1 << bit for bit in range(7))
ALPHA = UPPER | LOWER
_CLASSES = {
    "a": ALPHA,
    "c": CONTROL,
    "d": DIGIT,
    "g": ALPHA | DIGIT | PUNCTUATION,
    "l": LOWER,
    "p": PUNCTUATION,
    "s": SPACE,
    "u": UPPER,
    "w": ALPHA | DIGIT,
    "x": HEX,
}


def _kinds(byte: int) -> int:
    char = chr(byte)
    if byte >= 128:
        return 0
    if byte < 32 or byte == 127:
        return CONTROL | (SPACE if 9 <= byte <= 13 else 0)
    if char == " ":
        return SPACE
    if char.isdigit():
        return DIGIT | HEX
    if char.isalpha():
        return (UPPER if char.isupper() else LOWER) | (HEX if char in "abcdefABCDEF" else 0)
    return PUNCTUATION


CHAR_BITS = bytes(_kinds(byte) for byte in range(256))
CLASS_BITS = bytes(_CLASSES.get(chr(byte).lower(), 0) if byte < 128 else 0 for byte in range(256))
