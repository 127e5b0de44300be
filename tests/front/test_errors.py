"""Syntax errors: message, line and the token they are near."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jitvm.front.errors import LuaError, LuaSyntaxError
from jitvm.front.parser import compile_chunk
from tests.front.batch import assert_same_listings, listing
from tests.front.generate import TOKENS, Generator

MESSAGES = {
    b"x = = 1": b"x:1: unexpected symbol near '='",
    b"x =": b"x:1: unexpected symbol near '<eof>'",
    b"x": b"x:1: '=' expected near '<eof>'",
    b"x = 1 y": b"x:1: '=' expected near '<eof>'",
    b"(x + y) = 1": b"x:1: syntax error near '='",
    b"f() = 1": b"x:1: unexpected symbol near '='",
    b"a, f() = 1": b"x:1: syntax error near '='",
    b"for": b"x:1: '<name>' expected near '<eof>'",
    b"for i do": b"x:1: '=' or 'in' expected near 'do'",
    b"for i = 1 do": b"x:1: ',' expected near 'do'",
    b"if x then\n\nelse": b"x:3: 'end' expected (to close 'if' at line 1) near '<eof>'",
    b"if x then else": b"x:1: 'end' expected near '<eof>'",
    b"f(1\n,2": b"x:2: ')' expected (to close '(' at line 1) near '<eof>'",
    b"x = {1\n2": b"x:2: '}' expected (to close '{' at line 1) near '2'",
    b"f\n(1)": b"x:2: ambiguous syntax (function call x new statement) near '('",
    b"a:b 1": b"x:1: function arguments expected near '1'",
    b"function f(1) end": b"x:1: <name> or '...' expected near '1'",
    b"function f() return ... end": b"x:1: cannot use '...' outside a vararg function near '...'",
    b"break": b"x:1: no loop to break",
    b"do\ngoto x end\n\n": b"x:2: undefined label 'x'",
    b"::a::\n::a::": b"x:2: duplicate label 'a'",
    b"goto x\nlocal y\n::x:: f()": b"x:1: <goto x> jumps into the scope of local 'y'",
    b"end": b"x:1: '<eof>' expected near 'end'",
    b"return 1 2": b"x:1: '<eof>' expected near '2'",
    b"x = 1..2": b"x:1: malformed number near '1..2'",
    b"x = 0x": b"x:1: malformed number near '0x'",
    b"x = 12abc": b"x:1: malformed number near '12abc'",
    b"x = 18446744073709551616LL": b"x:1: malformed number near '18446744073709551616LL'",
    b'x = "abc': b"x:1: unfinished string near '<eof>'",
    b'x = "abc\n"': b"x:1: unfinished string near '\"abc'",
    b'x = "a\\q"': b"x:1: invalid escape sequence near '\"a'",
    b'x = "a\\300"': b"x:1: invalid escape sequence near '\"a'",
    b'x = "\\u{110000}"': b"x:1: invalid escape sequence near '\"'",
    b'x = "\\z  \n\n \\q"': b"x:3: invalid escape sequence near '\"'",
    b"x = [[a\n\n": b"x:3: unfinished long string near '<eof>'",
    b"--[[a\n\n": b"x:3: unfinished long comment near '<eof>'",
    b"x = [=a": b"x:1: invalid long string delimiter near '[='",
    b'x "a\\65\\\nb" =': b"x:2: unexpected symbol near '='",
    b'return "a" "b\\0c"': b"x:1: '<eof>' expected near '\"b'",
    b"return [==[\na]]]==] x": b"x:2: '<eof>' expected near 'x'",
    b"return 1 [==[\na]]]==]": b"x:2: '<eof>' expected near '[==[a]]]==]'",
    b"x = \1": b"x:1: unexpected symbol near 'char(1)'",
    b"x = \0": b"x:1: unexpected symbol",
    b"x = 1 ~ 2": b"x:1: unexpected symbol near '~'",
    b"#!shebang\n=": b"x:2: unexpected symbol near '='",
    b"a\r\nb\n\rc\rd =": b"x:2: '=' expected near 'b'",
    b"x.\n\n1": b"x:3: '<name>' expected near '1'",
    b"goto = = 2": b"x:1: unexpected symbol near '='",
    b"x = {goto\n\n= =": b"x:3: unexpected symbol near '='",
}


@pytest.mark.parametrize("source", MESSAGES, ids=repr)
def test_message(source: bytes) -> None:
    with pytest.raises(LuaSyntaxError) as caught:
        compile_chunk(source, b"=x")
    assert caught.value.message == MESSAGES[source]
    assert isinstance(caught.value, LuaError)


@pytest.mark.oracle
def test_messages_are_the_binarys(luajit: str) -> None:
    assert_same_listings(luajit, [(b"=x", source) for source in MESSAGES])


@pytest.mark.oracle
def test_token_soup(luajit: str) -> None:
    generator = Generator(1)
    names = (b"=x", b"@dir/file.lua", b"x = 1", b"two\nlines", b"@" + b"long/" * 20)
    assert_same_listings(luajit, [(generator.random.choice(names), generator.soup()) for _ in range(1500)])


@pytest.mark.oracle
def test_mutations(luajit: str) -> None:
    generator = Generator(2)
    cases = []
    for _ in range(600):
        tokens = generator.program().split(b" ")
        at = generator.random.randrange(len(tokens))
        tokens[at] = generator.random.choice((b"", generator.random.choice(TOKENS), b"\n" + tokens[at]))
        cases.append((b"=x", b" ".join(tokens)[:generator.random.choice((40, 200, 100000))]))
    assert_same_listings(luajit, cases)


def test_bytecode_is_not_source() -> None:
    assert listing(b"@f.lua", b"\x1bLJ\x7f") == b"error f.lua: cannot load incompatible bytecode"
    assert listing(b"@f.lua", b"# header\n\x1bLJ") == b"error cannot load malformed bytecode"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_random_bytes_end_in_a_lua_error(source: bytes) -> None:
    listing(b"=x", source)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40))
def test_random_tokens_end_in_a_lua_error(tokens: list[bytes]) -> None:
    listing(b"=x", b" ".join(tokens))


NESTS = {
    "parentheses": (b"x = " + b"(" * 10000, b""),
    "tables": (b"x = " + b"{" * 10000, b""),
    "calls": (b"x = " + b"f(" * 10000, b""),
    "functions": (b"x = function() " * 10000, b""),
    "blocks": (b"do " * 10000, b""),
    "loops": (b"repeat while x do " * 5000, b""),
    "unary": (b"x = " + b"- " * 10000, b"1"),
    "powers": (b"x = " + b"2^" * 10000, b"1"),
    "brackets": (b"x" + b"[y" * 10000, b""),
    "labels": (b"".join(b"::l%d:: " % number for number in range(1000)), b""),
    "targets": (b"a," * 10000, b"a = 1"),
}


@pytest.mark.parametrize("nest", NESTS)
def test_hostile_nesting(nest: str) -> None:
    """From a deep stack, in a thread: neither a Python error nor a crash."""
    source = b"".join(NESTS[nest])
    results: list[bytes] = []

    def descend(depth: int) -> None:
        if depth:
            descend(depth - 1)
        else:
            results.append(listing(b"=x", source))

    thread = threading.Thread(target=descend, args=(700,))
    thread.start()
    thread.join()
    assert len(results) == 1
    assert results[0].startswith((b"error x:1: chunk has too many", b"error x:1: function or",
                                  b"error x:1: main function has"))
