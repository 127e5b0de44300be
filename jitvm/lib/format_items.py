"""string.format on trace: directives as LuaJIT's numbers, and one item formatted.

A trace is specialised to its format string; each directive becomes one call whose constant says what to do:

    %5d     0x50003      width 5 << 16 | STRFMT_INT
    %.2f    0x3000025    (precision 2 + 1) << 24 | STRFMT_NUM | the form F
    %-X     0x2114       capitals 0x2000 | flags << 8 | STRFMT_UINT | hexadecimal

What a constant item comes out as is known when the trace is recorded (`format_item` of `ir.heap.Heap`).
"""

from __future__ import annotations

from ir.calls import CALL_NUMBERS
from ir.heap import string_bytes
from ir.ops import Op
from ir.record import dataclass
from ir.values import Ins
from jitvm.lib.format_py import (
    DIRECTIVE,
    Spec,
    put_float,
    put_int64,
    put_quoted,
    put_signed,
    put_text,
    put_uint64,
    put_unsigned,
)
from jitvm.runtime.values import number_of

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

INT, UINT, NUM, STR, CHAR, POINTER = range(3, 9)
KIND_MASK = 15
HEX, OCTAL, QUOTED = 0x10, 0x20, 0x10
UPPER = 0x2000
FLAGS = {"-": 0x100, "+": 0x200, "0": 0x400, " ": 0x800, "#": 0x1000}
WIDTH_SHIFT, PRECISION_SHIFT = 16, 24
CODES = {
    "d": INT, "i": INT, "u": UINT, "x": UINT | HEX, "o": UINT | OCTAL, "a": NUM, "e": NUM | 0x10,
    "f": NUM | 0x20, "g": NUM | 0x30, "s": STR, "q": STR | QUOTED, "c": CHAR, "p": POINTER,
}  # fmt: skip
LETTERS = {code: letter for letter, code in CODES.items() if letter != "i"}
PUTQUOTED, PUTFXINT, PUTFNUM_INT, PUTFNUM_UINT, PUTFNUM, PUTFSTR, PUTFCHAR = (
    CALL_NUMBERS[f"lj_strfmt_put{name}"]
    for name in ("quoted", "fxint", "fnum_int", "fnum_uint", "fnum", "fstr", "fchar")
)


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of a format string: literal text, or a directive (0: one that is wrong)."""

    text: bytes
    code: int | None = None


def parse(template: bytes) -> list[Item]:
    """The pieces of a format string; the first % of %% belongs to the text before it."""
    items: list[Item] = []
    at = 0
    while at < len(template):
        found = template.find(b"%", at)
        if found < 0:
            items.append(Item(template[at:]))
            break
        if template[found + 1 : found + 2] == b"%":
            items.append(Item(template[at : found + 1]))
            at = found + 2
            continue
        if found > at:
            items.append(Item(template[at:found]))
        match = DIRECTIVE.match(template, found)
        assert match is not None
        parts = [part.decode("latin-1") if part else "" for part in match.groups()]
        flags, width, dot, precision, letter = parts
        items.append(Item(match[0], code_of(flags, width, precision if dot else None, letter)))
        at = match.end()
    return items


def code_of(flags: str, width: str, precision: str | None, letter: str) -> int:
    """The number of a directive; 0 if there is no such."""
    lower = letter.lower()
    if lower not in CODES or (letter != lower and lower not in "aefgx"):
        return 0
    code = CODES[lower] | int(width or 0) << WIDTH_SHIFT | (0 if letter == lower else UPPER)
    for flag in flags:
        code |= FLAGS[flag]
    if precision is not None:
        code |= int(precision or 0) + 1 << PRECISION_SHIFT
    return code


def spec_of(code: int) -> Spec:
    """What a directive's number says."""
    letter = LETTERS[code & 0x3F]
    flags = "".join(flag for flag, bit in FLAGS.items() if code & bit).encode()
    precision = (code >> PRECISION_SHIFT & 0xFF) - 1
    width = code >> WIDTH_SHIFT & 0xFF
    if code & UPPER:
        letter = letter.upper()
    return Spec(flags, width, precision if precision >= 0 else None, letter)


def format_item(call: int, code: int, value: float | bytes) -> bytes:
    """What a formatting call of `ir.calls` puts."""
    if isinstance(value, bytes):
        return put_quoted(value) if call == PUTQUOTED else put_text(spec_of(code), value)
    spec = spec_of(code)
    if call == PUTFCHAR:
        return spec.pad(bytes((int(value) & 0xFF,)))
    if call == PUTFXINT:
        number = int(value)
        if code & KIND_MASK == INT:
            return put_int64(spec, number)
        return put_uint64(spec, number & (1 << 64) - 1)
    put = {PUTFNUM_INT: put_signed, PUTFNUM_UINT: put_unsigned, PUTFNUM: put_float}[call]
    return put(spec, value)


def item_of_slot(call: int, code: int, bits: int) -> bytes:
    """The same for a value as a trace has it: a double, a 64-bit integer or the address of a string."""
    if call in (PUTQUOTED, PUTFSTR):
        return format_item(call, code, string_bytes(bits))
    if call in (PUTFXINT, PUTFCHAR):
        return format_item(call, code, bits - (bits >> 63 << 64))
    return format_item(call, code, number_of(bits))


def item_for_trace(runtime: Runtime, call: int, code: int, bits: int) -> int:
    """The same as a string of the heap: its address."""
    return int(runtime.heap.string(item_of_slot(call, code, bits)).addr)


def item_of_constant(call: int, code: int, value: Ins) -> bytes:
    """The same for a constant of a trace."""
    return format_item(call, code, string_bytes(value.value) if value.op is Op.KGC else value.value)
