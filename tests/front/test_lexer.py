"""Tokens, their lines, and line ends of every kind."""

from __future__ import annotations

import pytest

from jitvm.front.chunkid import chunk_id, location
from jitvm.front.errors import LuaSyntaxError
from jitvm.front.lexer import Lexer
from jitvm.front.tokens import TK_EOF, TK_FAULT, TK_NAME, token_text


def tokens(source: bytes) -> list[bytes]:
    return [token_text(kind) for kind, _, _ in Lexer(source, b"=x").tokens]


def values(source: bytes) -> list[object]:
    return [value for _, value, _ in Lexer(source, b"=x").tokens]


def test_operators() -> None:
    text = b"+ - * / % ^ # == ~= <= >= < > = ( ) { } [ ] ; : :: , . .. ..."
    assert tokens(text) == [*text.split(), b"<eof>"]
    assert tokens(b"a.1") == [b"<name>", b"<number>", b"<eof>"]
    assert tokens(b"a.b..c...") == [b"<name>", b".", b"<name>", b"..", b"<name>", b"...", b"<eof>"]
    assert tokens(b"..5 ...6") == [b"..", b"<number>", b"...", b"<number>", b"<eof>"]
    assert tokens(b"a--b\n-c") == [b"<name>", b"-", b"<name>", b"<eof>"]


def test_names_take_any_byte_over_127() -> None:
    assert values(b"t\xc3\xa9t\xe9 _1 endx") == [b"t\xc3\xa9t\xe9", b"_1", b"endx", None]


def test_long_brackets() -> None:
    assert values(b"[[\na]]] [==[]]=]\r\n]==] --[[\n]] x") == [b"a", None, b"]]=]\n", b"x", None]
    assert tokens(b"a[b[1]]") == [b"<name>", b"[", b"<name>", b"[", b"<number>", b"]", b"]", b"<eof>"]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\n\r"])
def test_line_ends(end: bytes) -> None:
    lexer = Lexer(b'a\n\nb --c\n[[\nx\n]]\n"\\\n" d'.replace(b"\n", end), b"=x")
    placed = [(value, line) for _, value, line in lexer.tokens]
    assert placed == [(b"a", 1), (b"b", 3), (b"x\n", 6), (b"\n", 8), (b"d", 8), (None, 8)]


def test_headers() -> None:
    assert values(b"\xef\xbb\xbfx") == [b"x", None]
    assert values(b"#!/bin/lua") == [None]
    lexer = Lexer(b"\xef\xbb\xbf# header\r\nx", b"=x")
    assert lexer.tokens == [(TK_NAME, b"x", 2), (TK_EOF, None, 2)]


def test_a_fault_is_reported_when_it_is_reached() -> None:
    lexer = Lexer(b"x 1..2", b"=x")
    assert [kind for kind, _, _ in lexer.tokens] == [TK_NAME]
    lexer.next()
    assert lexer.follows() == TK_FAULT
    for read in (lexer.peek, lexer.next):
        with pytest.raises(LuaSyntaxError, match="malformed number"):
            read()


def test_looking_ahead_moves_the_line() -> None:
    lexer = Lexer(b"x\n\ny", b"=x")
    lexer.next()
    assert (lexer.line, lexer.peek(), lexer.line, lexer.lastline) == (1, TK_NAME, 3, 1)
    lexer.next()
    assert (lexer.line, lexer.lastline, lexer.peek()) == (3, 3, TK_EOF)


CHUNK_IDS = {
    b"@a/b.lua": b"a/b.lua",
    b"@" + b"x" * 59: b"x" * 59,
    b"@" + b"y" + b"x" * 59: b"..." + b"x" * 56,
    b"=stdin": b"stdin",
    b"=" + b"x" * 70: b"x" * 59,
    b"x = 1": b'[string "x = 1"]',
    b"x\ny": b'[string "x..."]',
    b"x" * 48: b'[string "' + b"x" * 48 + b'"]',
    b"x" * 49: b'[string "' + b"x" * 45 + b'..."]',
    b"": b'[string ""]',
    b"@cut\0here": b"cut",
}


@pytest.mark.parametrize("name", CHUNK_IDS)
def test_chunk_id(name: bytes) -> None:
    assert chunk_id(name) == CHUNK_IDS[name]


def test_location() -> None:
    assert location(b"@a/b\\c.lua", 3) == b"c.lua:3"
    assert location(b"@/c.lua", 3) == b"/c.lua:3"
    assert location(b"=x", 3) == b"x:3"
    assert location(b"x = 1", 3) == b'"x = 1":3'
