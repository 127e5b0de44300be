"""Token numbers and their names in messages.

A one-character token is its byte; words and longer operators follow from 257 in LuaJIT's order.  Plain
integers, not an enumeration: the parser compares tokens more often than anything else.
"""

from __future__ import annotations

WORDS = (b"and", b"break", b"do", b"else", b"elseif", b"end", b"false", b"for", b"function", b"goto", b"if",
         b"in", b"local", b"nil", b"not", b"or", b"repeat", b"return", b"then", b"true", b"until", b"while")
LONG_OPERATORS = (b"..", b"...", b"==", b">=", b"<=", b"~=", b"::")
CLASSES = (b"<number>", b"<name>", b"<string>", b"<eof>")

FIRST = 257
NAMES = WORDS + LONG_OPERATORS + CLASSES

(TK_AND, TK_BREAK, TK_DO, TK_ELSE, TK_ELSEIF, TK_END, TK_FALSE, TK_FOR, TK_FUNCTION, TK_GOTO, TK_IF, TK_IN,
 TK_LOCAL, TK_NIL, TK_NOT, TK_OR, TK_REPEAT, TK_RETURN, TK_THEN, TK_TRUE, TK_UNTIL, TK_WHILE,
 TK_CONCAT, TK_DOTS, TK_EQ, TK_GE, TK_LE, TK_NE, TK_LABEL,
 TK_NUMBER, TK_NAME, TK_STRING, TK_EOF) = range(FIRST, FIRST + len(NAMES))

TK_FAULT = -1   # a lexical error, reported when the parser gets there

KEYWORDS = {word: FIRST + index for index, word in enumerate(WORDS)}
OPERATORS = {bytes((byte,)): byte for byte in range(256)}
OPERATORS.update((text, TK_CONCAT + index) for index, text in enumerate(LONG_OPERATORS))

CH_PERCENT, CH_OPEN, CH_CLOSE, CH_STAR, CH_PLUS, CH_COMMA, CH_MINUS, CH_DOT, CH_SLASH = b"%()*+,-./"
CH_HASH, CH_COLON, CH_SEMICOLON, CH_LESS, CH_ASSIGN, CH_GREATER = b"#:;<=>"
CH_BRACKET, CH_BRACKET_END, CH_POWER, CH_BRACE, CH_BRACE_END = b"[]^{}"

assert NAMES[TK_EOF - FIRST] == b"<eof>" and NAMES[TK_WHILE - FIRST] == b"while"
assert OPERATORS[b"::"] == TK_LABEL and OPERATORS[b"..."] == TK_DOTS


def token_text(token: int) -> bytes:
    """The token as messages quote it."""
    if token >= FIRST:
        return NAMES[token - FIRST]
    if token < 0x20 or token == 0x7F:
        return b"char(%d)" % token
    return bytes((token,))
