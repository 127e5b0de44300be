r"""Source text to tokens.

The whole text is cut into tokens by one regular expression before parsing starts; the parser then walks
over four parallel lists.  A lexical error becomes a TK_FAULT token at its place, so that whatever is wrong
before it is reported first, as if tokens were read on demand.

    tokens of "x = 1"     kinds  [TK_NAME, '=', TK_NUMBER, TK_EOF]
                          values [b"x", None, 1.0, None]        lines [1, 1, 1, 1]      starts [0, 2, 4, 5]

Invariants: `line` is the line reached by the last token read (looked ahead or not), `lastline` what it was
before the current token was taken: bytecodes get `lastline`, messages get `line`.
Line ends are normalised to "\n" first: CR, CR LF and LF CR each count as one and mean one inside strings.
"""

from __future__ import annotations

import re

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
    from typing import NoReturn

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
BYTECODE_SIGNATURE = b"\x1b"

# Groups of TOKEN; 9 and 11 are the equal signs of long brackets.
NAME, LINES, OPERATOR, DECIMAL, PLAIN_STRING, NUMBER, COMMENT, LONG_STRING = range(1, 9)
LONG_COMMENT, ESCAPED_STRING, FAULT, END = 10, 12, 13, 14

_PARTS = {b"comment": rb"--(?!\[=*\[)[^\n]*", b"digit": rb"[A-Za-z0-9_.\x80-\xff]",
          b"escape": rb"\\z[ \t\n\v\f]*(?![ \t\n\v\f])|\\[^z]"}
TOKEN = re.compile(rb"""[ \t\v\f]*(?:
      ([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)
    | (\n(?:[ \t\v\f\n]+|%(comment)s)*)
    | (\.\.\.?|\.(?![0-9])|[=<>~]=?|::?|\[(?![\[=])|-(?!-)|[^- \t\v\f\n.=<>~:\["'0-9])
    | ((?:[0-9]+(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,5})?)(?!%(digit)s)
    | ("[^"\\\n]*"|'[^'\\\n]*')
    | (\.?0[xX](?:[pP][+-]|%(digit)s)*|\.?[0-9](?:[eE][+-]|%(digit)s)*)
    | (%(comment)s)
    | (\[(=*)\[.*?\]\9\])
    | (--\[(=*)\[.*?\]\11\])
    | ("[^"\\\n]*(?:(?:%(escape)s)[^"\\\n]*)*"|'[^'\\\n]*(?:(?:%(escape)s)[^'\\\n]*)*')
    | (["'\[-])
    | (\Z)
    )""" % _PARTS, re.VERBOSE | re.DOTALL)
assert TOKEN.groups == END
COMMENTS = frozenset((COMMENT, LONG_COMMENT))

LINE_ENDS = re.compile(rb"\r\n|\n\r|\r")
LONG_OPENING = re.compile(rb"\[=*")

TokenValue = bytes | Number | None


class Lexer:
    """The tokens of one chunk and the place the parser has reached."""

    __slots__ = ("_source", "chunkname", "kinds", "lastline", "line", "lines", "pos", "starts", "tok",
                 "value", "values")

    def __init__(self, source: bytes, chunkname: bytes) -> None:
        self.chunkname = chunkname.partition(b"\0")[0]
        self._source = LINE_ENDS.sub(b"\n", source) if b"\r" in source else source
        self.kinds: list[int] = []
        self.values: list[TokenValue] = []
        self.lines: list[int] = []
        self.starts: list[int] = []
        self.line = self.lastline = 1
        self._scan(self._skip_header())
        self.pos = -1
        self.tok = 0
        self.value: TokenValue = None

    # -- What the parser uses -------------------------------------------------

    def next(self) -> None:
        """Takes the next token."""
        self.lastline = self.line
        pos = self.pos = self.pos + 1
        tok = self.tok = self.kinds[pos]
        self.value = self.values[pos]
        self.line = self.lines[pos]
        if tok < 0:
            self._fault(pos)

    def peek(self) -> int:
        """The token after the current one; reading it moves `line` on."""
        pos = self.pos + 1
        tok = self.kinds[pos]
        self.line = self.lines[pos]
        if tok < 0:
            self._fault(pos)
        return tok

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

    def _scan(self, pos: int) -> None:
        line = self.line
        add_kind, add_value = self.kinds.append, self.values.append
        add_line, add_start = self.lines.append, self.starts.append
        for match in TOKEN.finditer(self._source, pos):
            group = match.lastindex or END
            value: TokenValue
            if group == NAME:
                value = match[NAME]
                add_kind(KEYWORDS.get(value, TK_NAME))
            elif group == OPERATOR:
                value = None
                add_kind(OPERATORS[match[OPERATOR]])
            elif group == LINES:
                line += match[LINES].count(b"\n")
                continue
            elif group == DECIMAL:
                value = float(match[DECIMAL])
                add_kind(TK_NUMBER)
            elif group == PLAIN_STRING:
                value = match[PLAIN_STRING][1:-1]
                add_kind(TK_STRING)
            elif group in COMMENTS:
                line += match[group].count(b"\n")
                continue
            else:
                kind, value, line = self._rare(match, line)
                add_kind(kind)
            add_value(value)
            add_line(line)
            add_start(match.start(group))
            if self.kinds[-1] in (TK_FAULT, TK_EOF):
                break

    def _rare(self, match: re.Match[bytes], line: int) -> tuple[int, TokenValue, int]:
        """Tokens that are not worth a place in the loop: kind, value, line reached."""
        group = match.lastindex or END
        start, end = match.span(group)
        lines = self._source.count(b"\n", start, end)
        if group == END:
            return TK_EOF, None, line
        if group == NUMBER:
            number = scan_number(match[NUMBER])
            if number is None:
                return TK_FAULT, _near(self._located(messages.NUMBER, line), match[NUMBER]), line
            return TK_NUMBER, number, line
        if group == LONG_STRING:
            bracket = match.end(LONG_STRING + 1) + 1 - start
            text = match[LONG_STRING][bracket:-bracket]
            return TK_STRING, text[1:] if text[:1] == b"\n" else text, line + lines
        if group == ESCAPED_STRING:
            try:
                return TK_STRING, decode_string(self._source, start)[0], line + lines
            except StringFault as fault:
                return self._string_fault(start, line, fault)
        return self._unfinished(start, line)

    def _unfinished(self, start: int, line: int) -> tuple[int, TokenValue, int]:
        """A quote, bracket or comment that nothing closes."""
        source = self._source
        if source[start] in b"\"'":
            try:
                decode_string(source, start)
            except StringFault as fault:
                return self._string_fault(start, line, fault)
            raise AssertionError("the token expression finds every finished string")
        opening = LONG_OPENING.match(source, start)
        if opening is not None and not source.startswith(b"[", opening.end()):
            return TK_FAULT, _near(self._located(messages.LONG_DELIMITER, line), opening[0]), line
        message = messages.LONG_COMMENT if opening is None else messages.LONG_STRING
        line += source.count(b"\n", start)
        return TK_FAULT, _near(self._located(message, line), token_text(TK_EOF)), line

    def _string_fault(self, start: int, line: int, fault: StringFault) -> tuple[int, TokenValue, int]:
        line += self._source.count(b"\n", start, fault.at)
        near = token_text(TK_EOF) if fault.saved is None else fault.saved
        return TK_FAULT, _near(self._located(fault.message, line), near), line

    # -- Messages -------------------------------------------------------------

    def _fault(self, pos: int) -> NoReturn:
        raise LuaSyntaxError(self.values[pos])

    def _located(self, message: bytes, line: int) -> bytes:
        return b"%s:%d: %s" % (chunk_id(self.chunkname), line, message)

    def _raw(self) -> bytes:
        """The current name, number or string as it is quoted in messages."""
        start = self.starts[self.pos]
        match = TOKEN.match(self._source, start)
        assert match is not None and match.lastindex is not None, start
        text = match[match.lastindex]
        if self.tok != TK_STRING:
            return text
        bracket = match.end(LONG_STRING + 1) + 1 - start if match.lastindex == LONG_STRING else 1
        return text[:bracket] + self.text() + text[-bracket:]


def _near(message: bytes, text: bytes) -> bytes:
    return message + b" near '" + text.partition(b"\0")[0] + b"'"


def _not_source(chunkname: bytes) -> bytes:
    """Precompiled bytecode is not read."""
    name = b"(binary)" if chunkname[:1] == BYTECODE_SIGNATURE else chunkname[chunkname[:1] in (b"@", b"="):]
    return messages.BYTECODE_FORMAT % name
