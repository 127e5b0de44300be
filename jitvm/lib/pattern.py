"""The matcher of string patterns: recursive descent over pattern and subject at once, with backtracking.

    pattern_begin(g, subject)
    end = match_here(g, at, pattern)       where the match that starts at `at` ends; null: none
    if g.match.failed != 0: ...            an error in the pattern, as a `Bad`

    match_here("abc", "a(b*)c")            'a' is equal; "(" recurses with capture 0 open at "bc"; "b*" counts
                                           one b, and recurses with ")c" behind it, then behind none ...

Only choices recurse (captures, `?`, `*`, `+`, `-`); a sequence of single items is a loop.  LuaJIT's limit of
nested choices is kept, and so is its view of patterns as ending at the first NUL.

Invariants: captures are in `g.match`, so a library function has them on the stack, or is done with them,
before it calls anything that may match.  An error ends the search: null is returned all the way out.
"""

from __future__ import annotations

from ir.objects import MAX_CAPTURES, VM, GCstr, MatchState
from jitvm.native import Ptr, addr, i32, i64, inline, native, u8, u32, u64, unlikely
from jitvm.runtime.errcodes import Bad
from jitvm.runtime.value import str_data

#: LuaJIT's LJ_MAX_XLEVEL.
MAX_DEPTH = 200
#: Sizes of captures that are none: not closed yet, or a position.
UNFINISHED, POSITION = -1, -2
FRONTIER, CAPTURE, ESCAPE_END = int(Bad.PATTERN_FRONTIER), int(Bad.PATTERN_CAPTURE), int(Bad.PATTERN_ESCAPE)
SET_END, BALANCE, COMPLEX = int(Bad.PATTERN_SET), int(Bad.PATTERN_BALANCE), int(Bad.PATTERN_COMPLEX)
CAPTURE_INDEX, CAPTURES = int(Bad.CAPTURE_INDEX), int(Bad.CAPTURES)
OPEN, CLOSE, ESCAPE, DOLLAR, DOT, SET = (ord(c) for c in "()%$.[")
END_SET, CARET, DASH, STAR, PLUS, MAYBE = (ord(c) for c in "]^-*+?")
LETTER_B, LETTER_F, LETTER_Z, ONE, ZERO, NINE = (ord(c) for c in "bfz109")
LOWER_BIT = 32


@inline
def pattern_begin(g: Ptr[VM], s: Ptr[GCstr]) -> None:
    """A subject for the matches to come."""
    m = g.match
    m.start = str_data(s)
    m.end = str_data(s) + s.len
    m.failed = 0


@inline
def match_at(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """A match that starts exactly at `s`, without captures to begin with."""
    g.match.level = 0
    g.match.depth = 0
    return match_here(g, s, p)


@native
def pattern_error(g: Ptr[VM], code: u32) -> Ptr[u8]:
    g.match.failed = code
    return Ptr[u8](u64(0))


# Single characters.


@native
def class_has(g: Ptr[VM], letter: u32, c: u32) -> bool:
    """%a, %D ...; what is no class stands for itself."""
    mask = g.class_bits[letter]
    if mask != 0:
        if letter & LOWER_BIT:
            return g.char_bits[c] & mask != 0
        return g.char_bits[c] & mask == 0
    if letter == LETTER_Z:
        return c == 0
    if letter | LOWER_BIT == LETTER_Z:
        return c != 0
    return letter == c


@native
def set_has(g: Ptr[VM], p: Ptr[u8], last: Ptr[u8], c: u32) -> bool:
    """The set from its "[" at `p` to its "]" at `last`."""
    p = p + 1
    inverted = p[0] == CARET
    if inverted:
        p = p + 1
    found = False
    while p < last and not found:
        code = p[0]
        if code == ESCAPE:
            found = class_has(g, p[1], c)
            p = p + 2
        elif p[1] == DASH and p + 2 < last:
            found = code <= c and c <= p[2]
            p = p + 3
        else:
            found = code == c
            p = p + 1
    if inverted:
        return not found
    return found


@inline
def single_has(g: Ptr[VM], p: Ptr[u8], after: Ptr[u8], c: u32) -> bool:
    """Does the single item from `p` to `after` match the character?"""
    code = p[0]
    found = code == c
    if code == DOT:
        found = True
    elif code == ESCAPE:
        found = class_has(g, p[1], c)
    elif code == SET:
        found = set_has(g, p, after - 1, c)
    return found


@native
def item_end(g: Ptr[VM], p: Ptr[u8]) -> Ptr[u8]:
    """Behind the single item at `p`; null if it does not end."""
    code = p[0]
    p = p + 1
    if code == ESCAPE:
        if unlikely(p[0] == 0):
            return pattern_error(g, ESCAPE_END)
        return p + 1
    if code != SET:
        return p
    if p[0] == CARET:
        p = p + 1
    while True:  # "]" as the first of a set is one of its members.
        code = p[0]
        if unlikely(code == 0):
            return pattern_error(g, SET_END)
        p = p + 1
        if code == ESCAPE and p[0] != 0:
            p = p + 1
        if p[0] == END_SET:
            return p + 1


@native
def span(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8], after: Ptr[u8]) -> u64:
    """How many characters from `s` on match the single item."""
    end = g.match.end
    at = s
    code = p[0]
    mask: u32 = 0
    if code == ESCAPE:
        mask = g.class_bits[p[1]]
    if code == DOT:
        at = end
    elif mask != 0:
        kinds = g.char_bits
        if p[1] & LOWER_BIT:
            while at < end and kinds[at[0]] & mask != 0:
                at = at + 1
        else:
            while at < end and kinds[at[0]] & mask == 0:
                at = at + 1
    elif code == SET:
        while at < end and set_has(g, p, after - 1, at[0]):
            at = at + 1
    else:
        while at < end and single_has(g, p, after, at[0]):
            at = at + 1
    return addr(at) - addr(s)


@native
def skip(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """The first place from `s` on where a match may start: most begin with a character or class that must be
    there, which is looked for without matching."""
    end = g.match.end
    if p[0] == OPEN and p[1] != CLOSE:
        p = p + 1
    code = p[0]
    if code == ESCAPE:
        mask = g.class_bits[p[1]]
        kinds = g.char_bits
        if mask == 0 or may_be_absent(p[2]):
            return s
        if p[1] & LOWER_BIT:
            while s < end and kinds[s[0]] & mask == 0:
                s = s + 1
        else:
            while s < end and kinds[s[0]] & mask != 0:
                s = s + 1
    elif not is_syntax(code) and not may_be_absent(p[1]):
        while s < end and s[0] != code:
            s = s + 1
    return s


@inline
def may_be_absent(suffix: u32) -> bool:
    return suffix == STAR or suffix == MAYBE or suffix == DASH


@inline
def is_syntax(c: u32) -> bool:
    """Is it more than a character where an item begins?"""
    return c == 0 or c == OPEN or c == CLOSE or c == DOT or c == SET or c == DOLLAR


# Sequences.


@native
def match_here(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """The end of the longest match of the pattern at `p` that the order of choices finds first."""
    m = g.match
    m.depth = m.depth + 1
    if unlikely(m.depth > MAX_DEPTH):
        return pattern_error(g, COMPLEX)
    while s:
        code = p[0]
        if code == 0 or (code == DOLLAR and p[1] == 0):
            if code == DOLLAR and s != m.end:
                s = Ptr[u8](u64(0))
            break
        if code == OPEN or code == CLOSE:
            s = open_capture(g, s, p + 1) if code == OPEN else close_capture(g, s, p + 1)
            break
        if code == ESCAPE and is_special(p[1]):
            s = match_special(g, s, p)
            if s:
                p = special_end(g, p)
            continue
        after = item_end(g, p)
        if unlikely(not after):
            return after
        suffix = after[0]
        if suffix == STAR or suffix == PLUS or suffix == DASH:
            s = repeat_item(g, s, p, after)
            break
        matched = s < m.end and single_has(g, p, after, s[0])
        if suffix == MAYBE:
            if matched:
                found = match_here(g, s + 1, after + 1)
                if found or m.failed != 0:
                    s = found
                    break
            p = after + 1
        else:
            s = s + 1 if matched else Ptr[u8](u64(0))
            p = after
    m.depth = m.depth - 1
    return s


@native
def repeat_item(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8], after: Ptr[u8]) -> Ptr[u8]:
    """The item with `*`, `+` or `-` behind it, and what follows."""
    m = g.match
    rest = after + 1
    found = Ptr[u8](u64(0))
    if after[0] == DASH:
        while True:
            found = match_here(g, s, rest)
            if found or m.failed != 0 or s >= m.end or not single_has(g, p, after, s[0]):
                return found
            s = s + 1
    count = i64(span(g, s, p, after))
    least: i64 = 1 if after[0] == PLUS else 0
    if rest[0] == 0 and count >= least and m.depth < MAX_DEPTH:
        return s + count  # Nothing follows that could fail.
    while count >= least:
        found = match_here(g, s + count, rest)
        if found or m.failed != 0:
            return found
        count -= 1
    return found


# Captures, balanced strings, frontiers.


@native
def open_capture(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """ "(" is before `p`: with ")" right behind it a position."""
    m = g.match
    level = m.level
    if unlikely(level >= MAX_CAPTURES):
        return pattern_error(g, CAPTURES)
    m.starts[level] = addr(s)
    m.sizes[level] = POSITION if p[0] == CLOSE else UNFINISHED
    m.level = level + 1
    found = match_here(g, s, p + 1 if p[0] == CLOSE else p)
    if not found:
        m.level = m.level - 1
    return found


@native
def close_capture(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """The innermost open one ends at `s`."""
    m = g.match
    level = i32(m.level) - 1
    while level >= 0 and m.sizes[level] != UNFINISHED:
        level -= 1
    if unlikely(level < 0):
        return pattern_error(g, CAPTURE)
    m.sizes[level] = i64(addr(s) - m.starts[level])
    found = match_here(g, s, p)
    if not found:
        m.sizes[level] = UNFINISHED
    return found


@inline
def is_special(c: u32) -> bool:
    return c == LETTER_B or c == LETTER_F or (c >= ZERO and c <= NINE)


@native
def special_end(g: Ptr[VM], p: Ptr[u8]) -> Ptr[u8]:
    """Behind %b, %f or %1, which has matched."""
    if p[1] == LETTER_B:
        return p + 4
    if p[1] == LETTER_F:
        return item_end(g, p + 2)
    return p + 2


@native
def match_special(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """%bxy, %f[set], %1 ... %9 at `p`: where it ends in the subject."""
    if p[1] == LETTER_B:
        return match_balance(g, s, p)
    if p[1] == LETTER_F:
        return match_frontier(g, s, p + 2)
    m = g.match
    index = p[1] - ONE
    if unlikely(index >= m.level or m.sizes[index] == UNFINISHED):
        return pattern_error(g, CAPTURE_INDEX)
    size = u64(m.sizes[index])  # A position is a size no subject has.
    if addr(m.end) - addr(s) >= size and g.memcmp(Ptr[u8](m.starts[index]), s, size) == 0:
        return s + size
    return Ptr[u8](u64(0))


@native
def match_balance(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    if unlikely(p[2] == 0 or p[3] == 0):
        return pattern_error(g, BALANCE)
    end = g.match.end
    if s >= end or s[0] != p[2]:
        return Ptr[u8](u64(0))
    depth: u32 = 1
    s = s + 1
    while s < end:
        if s[0] == p[3]:
            depth -= 1
            if depth == 0:
                return s + 1
        elif s[0] == p[2]:
            depth += 1
        s = s + 1
    return Ptr[u8](u64(0))


@native
def match_frontier(g: Ptr[VM], s: Ptr[u8], p: Ptr[u8]) -> Ptr[u8]:
    """Between a character out of the set and one in it; NULs surround the subject."""
    if unlikely(p[0] != SET):
        return pattern_error(g, FRONTIER)
    after = item_end(g, p)
    if unlikely(not after):
        return after
    before = u32(0)
    if s != g.match.start:
        before = (s - 1)[0]
    if set_has(g, p, after - 1, before) or not set_has(g, p, after - 1, s[0]):
        return Ptr[u8](u64(0))
    return s


assert MatchState.sizeof() < 1024
