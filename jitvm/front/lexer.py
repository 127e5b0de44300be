r"""Source text to tokens.

The whole text is cut into tokens by one regular expression before parsing starts; the parser then walks
over the list.  What the text of a token means is found out once and remembered, for most are seen again.
With a lexical error the list ends, and the error is reported when the parser gets there: whatever is wrong
before it comes first, as if tokens were read on demand.

    tokens of "x = 1"     [(TK_NAME, b"x", 1), (ord("="), None, 1), (TK_NUMBER, 1.0, 1), (TK_EOF, None, 1)]

Invariants: `line` is the line reached by the last token read (looked ahead or not), `lastline` what it was
before the current token was taken: bytecodes get `lastline`, messages get `line`.
Line ends are normalised to "\n" first: CR, CR LF and LF CR each count as one and mean one inside strings.
"""

from __future__ import annotations

import functools
import re
from itertools import islice
from operator import length_hint

from jitvm.front import messages
from jitvm.front.chunkid import chunk_id
from jitvm.front.errors import LuaSyntaxError
from jitvm.front.literals import Number, StringFault, decode_string, scan_number
from jitvm.front.tokens import (
    KEYWORDS,
    OPERATORS,
    TK_EOF,
    TK_FAULT,
    TK_NAME,
    TK_NUMBER,
    TK_STRING,
    token_text,
)

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any, NoReturn

    #: A kind of token and its value, or one of the kinds below.
    Meaning = tuple[int, Any]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BYTECODE_SIGNATURE = b"\x1b"

_PARTS = {b"blank": rb"(?:[ \t\v\f]+|--(?!\[=*\[)[^\n]*)*", b"digit": rb"[A-Za-z0-9_.\x80-\xff]",
          b"escape": rb"\\z[ \t\n\v\f]*(?![ \t\n\v\f])|\\[^z]"}
_TOKEN = rb"""%(blank)s(
      [A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*
    | \n[ \t\v\f\n]*
    | \.\.\.?|\.(?![0-9])|[=<>~]=?|::?|\[(?![\[=])|-(?!-)|[^- \t\v\f\n.=<>~:\["'0-9]
    | "[^"\\\n]*"|'[^'\\\n]*'
    | \.?0[xX](?:[pP][+-]|%(digit)s)*|\.?[0-9](?:[eE][+-]|%(digit)s)*
    | %(brackets)s
    | "[^"\\\n]*(?:(?:%(escape)s)[^"\\\n]*)*"|'[^'\\\n]*(?:(?:%(escape)s)[^'\\\n]*)*'
    | ["'\[-].*
    | \Z
    )"""
#: The equal signs of long brackets that are always understood; others are looked for in the text.
USUAL_LEVELS = (b"", b"=", b"==")
UNUSUAL_LEVEL = re.compile(rb"\[(===+)\[")


@functools.lru_cache(8)
def token_expression(levels: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Its only group is a token.  What nothing finishes takes all that follows, so a fault is the last."""
    brackets = b"|".join(rb"(?:--)?\[%s\[.*?\]%s\]" % (level, level) for level in levels)
    return re.compile(_TOKEN % {**_PARTS, b"brackets": brackets}, re.VERBOSE | re.DOTALL)


TOKEN = token_expression(USUAL_LEVELS)
assert TOKEN.groups == 1

LINE_ENDS = re.compile(rb"\r\n|\n\r|\r")
LONG_OPENING = re.compile(rb"(?:--)?\[(=*)\[")
NO_OPERATOR = re.compile(rb"[A-Za-z0-9_\x80-\xff\n\"']")
FALSE_OPENING = re.compile(rb"\[=*")
#: Numbers that Python reads as Lua does, and fast.
DECIMAL = re.compile(rb"(?:[0-9]+(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,5})?")

TokenValue = bytes | Number | None
Token = tuple[int, TokenValue, int]

# Kinds of meanings that are no kinds of tokens.
FAULT = TK_FAULT   # what is wrong depends on where it stands
LINES = -2         # blank lines or a comment; the value is how many lines they take
SPANNING = -3      # a token over many lines: kind, value, how many more than one
END = -4


def _meaning(text: bytes) -> Meaning:
    """What a text is that is no operator or keyword."""
    first = text[:1]
    if first == b"\n":
        return LINES, text.count(b"\n")
    if first in (b'"', b"'"):
        return _string(text)
    if first in (b"[", b"-"):
        return _bracketed(text)
    if first.isdigit() or first == b".":
        number = float(text) if DECIMAL.fullmatch(text) else scan_number(text)
        return (FAULT, None) if number is None else (TK_NUMBER, number)
    return TK_NAME, text


def _string(text: bytes) -> Meaning:
    try:
        return _spanning(text, decode_string(text, 0)[0])
    except StringFault:
        return FAULT, None


def _bracketed(text: bytes) -> Meaning:
    """A long string or comment, or what begins like one."""
    opening = LONG_OPENING.match(text)
    if opening is None or not text.endswith(b"]" + opening[1] + b"]"):
        return FAULT, None
    if text[:1] == b"-":
        return LINES, text.count(b"\n")
    value = text[opening.end():-opening.end()]
    return _spanning(text, value[1:] if value[:1] == b"\n" else value)


def _spanning(text: bytes, value: bytes) -> Meaning:
    lines = text.count(b"\n")
    return (SPANNING, (TK_STRING, value, lines)) if lines else (TK_STRING, value)


class _Meanings(dict):  # type: ignore[type-arg]
    """Of the texts of tokens."""

    def __missing__(self, text: bytes) -> Meaning:
        found = self[text] = _meaning(text)
        return found


KNOWN: dict[bytes, Meaning] = {b"": (END, None)}
KNOWN.update((text, (kind, None)) for text, kind in OPERATORS.items() if not NO_OPERATOR.match(text))
KNOWN.update((word, (kind, word)) for word, kind in KEYWORDS.items())


class Lexer:
    """The tokens of one chunk and the place the parser has reached."""

    __slots__ = ("_source", "_start", "chunkname", "fault", "lastline", "line", "rest", "take", "tok",
                 "tokens", "value")

    def __init__(self, source: bytes, chunkname: bytes) -> None:
        self.chunkname = chunkname.partition(b"\0")[0]
        self._source = LINE_ENDS.sub(b"\n", source) if b"\r" in source else source
        self.tokens: list[Token] = []
        self.fault = b""   # The lexical error that comes behind the tokens.
        self.line = self.lastline = 1
        self._start = self._skip_header()
        self._scan()
        self.rest = iter(self.tokens)
        self.take = self.rest.__next__
        self.tok = 0
        self.value: TokenValue = None

    # -- What the parser uses -------------------------------------------------

    def next(self) -> None:
        """Takes the next token."""
        self.lastline = self.line
        try:
            self.tok, self.value, self.line = self.take()
        except StopIteration:
            raise LuaSyntaxError(self.fault) from None

    def peek(self) -> int:
        """The token after the current one; reading it moves `line` on."""
        tok = self.follows()
        if tok == TK_FAULT:
            raise LuaSyntaxError(self.fault)
        self.line = self.tokens[-length_hint(self.rest)][2]
        return tok

    def follows(self) -> int:
        """The same without reading it: a lexical error is TK_FAULT."""
        ahead = length_hint(self.rest)
        return self.tokens[-ahead][0] if ahead else TK_FAULT

    def text(self) -> bytes:
        """The value of the current token, a name or a string."""
        value = self.value
        assert isinstance(value, bytes), value
        return value

    def error_near(self, message: bytes) -> NoReturn:
        """Fails at the current token."""
        tok = self.tok
        if tok == 0:    # a zero byte in the source: it reads as no token
            self.error(message)
        near = self._raw() if tok in (TK_NAME, TK_STRING, TK_NUMBER) else token_text(tok)
        raise LuaSyntaxError(_near(self._located(message, self.line), near))

    def error(self, message: bytes) -> NoReturn:
        """Fails without quoting a token."""
        raise LuaSyntaxError(self._located(message, self.line))

    # -- Scanning -------------------------------------------------------------

    def _skip_header(self) -> int:
        """Where tokens begin: behind a byte order mark and a first line that starts with `#`."""
        source = self._source
        start = len(BYTE_ORDER_MARK) if source.startswith(BYTE_ORDER_MARK) else 0
        if source.startswith(b"#", start):
            start = source.find(b"\n", start) + 1
            if start == 0:
                return len(source)
            self.line = 2
        if source.startswith(BYTECODE_SIGNATURE, start):
            raise LuaSyntaxError(messages.BYTECODE_HEADER if start else _not_source(self.chunkname))
        return start

    def _texts(self) -> list[bytes]:
        """All that the text is cut into."""
        source, expression = self._source, TOKEN
        if b"[===" in source:
            found = sorted(set(UNUSUAL_LEVEL.findall(source)))
            expression = token_expression((*USUAL_LEVELS, *found))
        return expression.findall(source, self._start)

    def _scan(self) -> None:
        line, add, meanings = self.line, self.tokens.append, _Meanings(KNOWN)
        for text in self._texts():
            kind, value = meanings[text]
            if kind < 0:
                if kind == LINES:
                    line += value
                    continue
                if kind == FAULT:
                    self.fault = self._fault(text, line)
                    break
                if kind == END:
                    add((TK_EOF, None, line))
                    break
                kind, value, lines = value
                line += lines
            add((kind, value, line))

    def _fault(self, text: bytes, line: int) -> bytes:
        """The message of a lexical error."""
        if text[:1] in (b'"', b"'"):
            message, near, lines = _string_fault(text)
        elif text[:1] in (b"[", b"-"):
            message, near, lines = _unfinished(text)
        else:
            message, near, lines = messages.NUMBER, text, 0
        return _near(self._located(message, line + lines), near)

    # -- Messages -------------------------------------------------------------

    def _located(self, message: bytes, line: int) -> bytes:
        return b"%s:%d: %s" % (chunk_id(self.chunkname), line, message)

    def _raw(self) -> bytes:
        """The current name, number or string as it is quoted in messages."""
        tokens = (text for text in self._texts() if not text.startswith((b"\n", b"--")))
        text = next(islice(tokens, len(self.tokens) - length_hint(self.rest) - 1, None))
        if self.tok != TK_STRING:
            return text
        opening = LONG_OPENING.match(text)
        bracket = opening.end() if opening is not None else 1
        return text[:bracket] + self.text() + text[-bracket:]


def _string_fault(text: bytes) -> tuple[bytes, bytes, int]:
    """What is wrong with a string, what had been read of it, and the lines that took."""
    try:
        decode_string(text, 0)
    except StringFault as fault:
        near = token_text(TK_EOF) if fault.saved is None else fault.saved
        return fault.message, near, text.count(b"\n", 0, fault.at)
    raise AssertionError("the token expression finds every finished string")


def _unfinished(text: bytes) -> tuple[bytes, bytes, int]:
    """The same of a bracket or comment that nothing closes."""
    if LONG_OPENING.match(text) is None:
        opening = FALSE_OPENING.match(text)
        assert opening is not None, text
        return messages.LONG_DELIMITER, opening[0], 0
    message = messages.LONG_COMMENT if text[:1] == b"-" else messages.LONG_STRING
    return message, token_text(TK_EOF), text.count(b"\n")


def _near(message: bytes, text: bytes) -> bytes:
    return message + b" near '" + text.partition(b"\0")[0] + b"'"


def _not_source(chunkname: bytes) -> bytes:
    """Precompiled bytecode is not read."""
    name = b"(binary)" if chunkname[:1] == BYTECODE_SIGNATURE else chunkname[chunkname[:1] in (b"@", b"="):]
    return messages.BYTECODE_FORMAT % name
